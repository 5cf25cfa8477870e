#!/usr/bin/env bash
# Installs oidc-provider if needed, starts the server in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes] [--registration]
#   ./start.sh --list-faults
#
# PORT is 9410 unless given. `../stop node-oidc-provider` ends it.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

port=9410 registers=1
node -e 'process.exit(URL.parse && require("node:crypto").hash ? 0 : 1)' 2>/dev/null \
  || fail "needs Node.js 22, or a late Node.js 20; there is $(node --version 2>/dev/null || echo none)"
npm_packages
faults() { node server.mjs --list-faults; }
read_flags "$@"

new_run
provider_file "http://127.0.0.1:$port" "code: 5s"
launch node server.mjs --port "$port" ${planted[@]+"${planted[@]/#/--fault=}"} ${short:+--short-lifetimes} \
  ${registration:+--registration}
await_ready "^$issuer is ready"
