#!/usr/bin/env bash
# Installs canaille if needed, starts the server in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9480 unless given. What belongs to a running server lies in .run/PORT: pid, log, configuration with its
# keys, database, and its own provider file, which says what this server is started as. ./stop.sh [PORT] ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

ready_within_seconds=60
port=9480
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  port=$1
  shift
fi

fail() {
  echo "start.sh: $*" >&2
  exit 1
}

python=python3.11
command -v "$python" >/dev/null || python=python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || fail "needs Python 3.11 or later"
if [[ ! .venv/installed -nt requirements.txt ]]; then
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt >&2
  touch .venv/installed
fi

faults=()
short=()
while (($#)); do
  case $1 in
    --list-faults) exec .venv/bin/python app.py ;;
    --fault)
      .venv/bin/python app.py | grep -q "^${2:-} " || fail "no such fault: ${2:-} (--list-faults lists them)"
      faults+=("$2")
      shift
      ;;
    --short-lifetimes) short=(--short-lifetimes) ;;
    *) fail "unknown: $1" ;;
  esac
  shift
done

run=.run/$port
if [[ -f $run/pid ]] && kill -0 "$(<"$run/pid")" 2>/dev/null; then
  fail "already running on port $port, pid $(<"$run/pid"); ./stop.sh $port ends it"
fi
rm -rf "$run"
mkdir -p "$run"
issuer=http://127.0.0.1:$port
provider_file=$run/canaille.yaml
sed "s|^issuer:.*|issuer: $issuer|" provider.yaml >"$provider_file"
if ((${#short[@]})); then
  printf '%s\n' "lifetimes: { code: 300s, refresh: 5s }" >>"$provider_file"
  sed -i 's|^capabilities: {|capabilities: { short_lifetime: true,|' "$provider_file"
fi
umask 077
.venv/bin/python seed.py "$PWD/$run" "$port" "${short[@]}" >"$run/log" 2>&1 || { cat "$run/log" >&2; fail "the database cannot be made"; }

bin=$PWD/.venv/bin
export DEMO_FAULTS="${faults[*]}" PYTHONPATH=$PWD
cd "$run"
nohup "$bin/hypercorn" --bind "127.0.0.1:$port" --keep-alive 75 --error-logfile - 'app:create_app()' >>log 2>&1 </dev/null &
pid=$!
cd - >/dev/null
echo "$pid" >"$run/pid"

# The log is this server's own, so another server on the port is not taken for it.
for ((tick = 0; tick < ready_within_seconds * 10; tick++)); do
  if grep -q "Running on http://127.0.0.1:$port " "$run/log" \
    && curl --silent --fail --output /dev/null "$issuer/.well-known/openid-configuration"; then
    echo "$issuer is ready, pid $pid"
    echo "provider file: $PWD/$provider_file"
    exit 0
  fi
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
cat "$run/log" >&2
kill "$pid" 2>/dev/null || true
rm -f "$run/pid"
fail "no answer on port $port"
