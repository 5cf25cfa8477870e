#!/usr/bin/env bash
# Installs canaille if needed, starts the server in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9480 unless given. `../stop canaille` ends it. Configuration, keys and database lie in .run/PORT as well.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

port=9480
python_packages 3.11
faults() { .venv/bin/python app.py; }
read_flags "$@"

new_run
provider_file "http://127.0.0.1:$port" "code: 300s, refresh: 15s"
umask 077
.venv/bin/python seed.py "$PWD/$run" "$port" ${short:+--short-lifetimes} >"$run/log" 2>&1 \
  || { cat "$run/log" >&2; fail "the database cannot be made"; }

export DEMO_FAULTS="${planted[*]-}" PYTHONPATH=$PWD CANAILLE_CONFIG=$PWD/$run/canaille.toml
launch .venv/bin/hypercorn --bind "127.0.0.1:$port" --keep-alive 75 --error-logfile - 'app:create_app()'
await_ready "Running on http://127.0.0.1:$port " "$issuer/.well-known/openid-configuration"
