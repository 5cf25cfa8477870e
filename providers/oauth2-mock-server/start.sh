#!/usr/bin/env bash
# Installs oauth2-mock-server if needed, starts it in the background and waits until it answers.
#
#   ./start.sh [PORT] [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9475 unless given. `../stop oauth2-mock-server` ends it. No fault is planted: the server is one. Nor has it
# lifetimes to shorten, so --short-lifetimes changes nothing.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

port=9475
command -v node >/dev/null || fail "needs Node.js 20.19, 22.12 or later"
npm_packages
read_flags "$@"

new_run
# The server calls itself localhost whatever address of the loopback it listens on.
provider_file "http://localhost:$port" ""
launch node node_modules/oauth2-mock-server/dist/oauth2-mock-server.mjs -a 127.0.0.1 -p "$port"
await_ready "^OAuth 2 issuer is $issuer"
