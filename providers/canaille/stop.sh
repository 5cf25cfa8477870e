#!/usr/bin/env bash
# Ends the server that start.sh started on PORT (9480 unless given).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

pid_file=.run/${1:-9480}/pid
if [[ ! -f $pid_file ]]; then
  echo "stop.sh: no server was started on port ${1:-9480}" >&2
  exit 1
fi
pid=$(<"$pid_file")
rm -f "$pid_file"
kill "$pid" 2>/dev/null || exit 0
for ((tick = 0; tick < 50; tick++)); do
  kill -0 "$pid" 2>/dev/null || exit 0
  sleep 0.1
done
kill -KILL "$pid"
