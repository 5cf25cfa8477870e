#!/usr/bin/env bash
# Ends the server that start.sh started on PORT (9420 unless given).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

pid_file=.run/${1:-9420}/pid
if [[ ! -f $pid_file ]]; then
  echo "stop.sh: no server was started on port ${1:-9420}" >&2
  exit 1
fi
pid=$(<"$pid_file")
rm -f "$pid_file"
# The whole group: below kc.sh there is Java.
kill -- "-$pid" 2>/dev/null || exit 0
for ((tick = 0; tick < 150; tick++)); do
  kill -0 -- "-$pid" 2>/dev/null || break
  sleep 0.1
done
kill -KILL -- "-$pid" 2>/dev/null || true
# The log stays; its database is of no more use.
rm -rf "${pid_file%/pid}/home"
