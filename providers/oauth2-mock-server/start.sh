#!/usr/bin/env bash
# Installs oauth2-mock-server if needed, starts it in the background and waits until it answers.
#
#   ./start.sh [PORT] [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9475 unless given. What belongs to a running server lies in .run/PORT: pid, log, and its own
# provider file. ./stop.sh [PORT] ends it. No fault is planted: the server is one. Nor has it lifetimes
# to shorten, so --short-lifetimes changes nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

ready_within_seconds=60
port=9475
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  port=$1
  shift
fi

fail() {
  echo "start.sh: $*" >&2
  exit 1
}

for argument in "$@"; do
  case $argument in
    --list-faults) exit 0 ;;
    --short-lifetimes) ;;
    *) fail "unknown: $argument" ;;
  esac
done

command -v node >/dev/null || fail "needs Node.js 20.19, 22.12 or later"
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci >&2
  touch node_modules/.package-lock.json
fi

run=.run/$port
if [[ -f $run/pid ]] && kill -0 "$(<"$run/pid")" 2>/dev/null; then
  fail "already running on port $port, pid $(<"$run/pid"); ./stop.sh $port ends it"
fi
mkdir -p "$run"
# The server calls itself localhost whatever address of the loopback it listens on.
issuer=http://localhost:$port
provider_file=$run/oauth2-mock-server.yaml
sed "s|^issuer:.*|issuer: $issuer|" provider.yaml >"$provider_file"
: >"$run/log"
nohup node node_modules/oauth2-mock-server/dist/oauth2-mock-server.mjs -a 127.0.0.1 -p "$port" >>"$run/log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$run/pid"

# The server prints this line once it listens, so another server on the port is not taken for it.
for ((tick = 0; tick < ready_within_seconds * 10; tick++)); do
  if grep -q "^OAuth 2 issuer is $issuer" "$run/log"; then
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
