#!/usr/bin/env bash
# How long `flowproof serve` takes until /health answers, what of it is work, and how much memory it holds while it idles. Linux, bash 5.
#   cargo build --release && benches/serve_start.sh [PROGRAM] [RUNS] [ARGUMENT OF serve]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${1:-target/release/flowproof} runs=${2:-20}
shift $(($# < 2 ? $# : 2))
port=${PORT:-19470}

healthy() {
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf 'GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n' >&3
  read -r line <&3
  exec 3>&-
  [[ $line == "HTTP/1.1 200 "* ]]
} 2>/dev/null

server=
trap '[[ -z $server ]] || kill "$server"' EXIT
times=() works=()
for ((run = 1; run <= runs; run++)); do
  begun=${EPOCHREALTIME/./}
  "$program" serve --quiet --port "$port" --admin-port $((port + 1)) "$@" >/dev/null &
  server=$!
  until healthy; do
    kill -0 "$server" || exit 1
  done
  times+=($((${EPOCHREALTIME/./} - begun)))
  works+=("$(awk '{ nanoseconds += $1 } END { print int(nanoseconds / 1000) }' /proc/"$server"/task/*/schedstat)")
  if ((run == runs)); then
    sleep 2
    memory=$(awk '/^VmRSS/ { all = $2 } /^RssAnon/ { own = $2 } END { print all " KiB resident, " own " KiB of it its own" }' "/proc/$server/status")
  fi
  kill "$server"
  wait "$server" || true
  server=
done

median() {
  printf '%s\n' "$@" | sort -n | sed -n "$(($# / 2 + 1))p"
}
printf 'until /health answers: %d µs, of which %d µs are work (medians of %d starts)\n' "$(median "${times[@]}")" "$(median "${works[@]}")" "$runs"
printf 'idle: %s\n' "$memory"
