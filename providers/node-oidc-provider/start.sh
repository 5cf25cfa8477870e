#!/usr/bin/env bash
# Installs oidc-provider if needed, starts the server in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes] [--registration]
#   ./start.sh --list-faults
#
# PORT is 9410 unless given. What belongs to a running server lies in .run/PORT: pid, log, and its
# own provider file, which says what this server is started as. ./stop.sh [PORT] ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

ready_within_seconds=60
port=9410
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  port=$1
  shift
fi

fail() {
  echo "start.sh: $*" >&2
  exit 1
}

node -e 'process.exit(URL.parse && require("node:crypto").hash ? 0 : 1)' 2>/dev/null \
  || fail "needs Node.js 22, or a late Node.js 20; there is $(node --version 2>/dev/null || echo none)"
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci >&2
  touch node_modules/.package-lock.json
fi

if [[ " $* " == *" --list-faults "* ]]; then
  exec node server.mjs --list-faults
fi

run=.run/$port
if [[ -f $run/pid ]] && kill -0 "$(<"$run/pid")" 2>/dev/null; then
  fail "already running on port $port, pid $(<"$run/pid"); ./stop.sh $port ends it"
fi
issuer=http://127.0.0.1:$port
mkdir -p "$run"
provider_file=$run/node-oidc-provider.yaml
sed "s|^issuer:.*|issuer: $issuer|" provider.yaml >"$provider_file"
if [[ " $* " == *" --short-lifetimes "* ]]; then
  printf '%s\n' "capabilities: { short_lifetime: true }" "lifetimes: { code: 5s }" >>"$provider_file"
fi
# Emptied here, not by the server's redirection: the log of an earlier run says *ready* too.
: >"$run/log"
nohup node server.mjs --port "$port" "$@" >>"$run/log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$run/pid"

# The server prints this line once it listens, so another server on the port is not taken for it.
for ((tick = 0; tick < ready_within_seconds * 10; tick++)); do
  if grep -q "^$issuer is ready" "$run/log"; then
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
