#!/usr/bin/env bash
# Installs django-oauth-toolkit if needed, starts the server in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9470 unless given. `../stop django-oauth-toolkit` ends it. Database and keys lie in .run/PORT as well.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

port=9470
python_packages 3.10
faults() { .venv/bin/python faults.py --list; }
read_flags "$@"

new_run
provider_file "http://127.0.0.1:$port/o" "code: 10s, refresh: 20s"
export DEMO_RUN=$PWD/$run DEMO_PORT=$port DEMO_FAULTS="${planted[*]-}" DEMO_SHORT_LIFETIMES=${short:-0}
export DJANGO_SETTINGS_MODULE=settings PYTHONPATH=$PWD
(
  umask 077
  .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(48), end="")' >"$run/secret_key"
  .venv/bin/python - >"$run/rsa.pem" <<'PY'
from jwcrypto.jwk import JWK

print(JWK.generate(kty="RSA", size=2048).export_to_pem(private_key=True, password=None).decode(), end="")
PY
)
.venv/bin/python -m django migrate --verbosity 0 >"$run/log" 2>&1 || { cat "$run/log" >&2; fail "the database cannot be made"; }
.venv/bin/python seed.py >>"$run/log" 2>&1 || { cat "$run/log" >&2; fail "clients and users cannot be written"; }

launch .venv/bin/gunicorn --bind "127.0.0.1:$port" --workers 1 --threads 8 --keep-alive 75 --limit-request-line 8190 \
  'django.core.wsgi:get_wsgi_application()'
await_ready "Listening at: http://127.0.0.1:$port " "$issuer/.well-known/openid-configuration"
