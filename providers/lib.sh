# What starting is alike for every provider of this folder; each start.sh reads this first, and is in its own folder after it.
#
# A start.sh sets `port` (where it listens unless told otherwise) and `registers` (if it takes --registration), may define `faults`
# (prints the faults that can be planted, a name and a word on each), and calls `read_flags`, `new_run`, `provider_file`, `launch` and `await_ready` in this order. What belongs to a
# running server lies in .run/PORT: pid, log, and its own provider file, which says what this server is started as.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[1]}")"
name=${PWD##*/}
ready_within_seconds=60

fail() {
  echo "providers/$name/start.sh: $*" >&2
  exit 1
}

# Installs what package-lock.json names, if that was not done.
npm_packages() {
  command -v npm >/dev/null || fail "needs npm, which comes with Node.js"
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
    npm ci >&2 || fail "npm could not install what package-lock.json names; what it said is above"
    touch node_modules/.package-lock.json
  fi
}

# Installs what requirements.txt names into .venv, if that was not done; needs at least this Python, 3.10 say.
python_packages() {
  local python=python3.11
  command -v "$python" >/dev/null || python=python3
  "$python" -c "import sys; sys.exit(sys.version_info < (${1/./, }))" 2>/dev/null || fail "needs Python $1 or later"
  if [[ ! .venv/installed -nt requirements.txt ]]; then
    rm -rf .venv
    { "$python" -m venv .venv \
      && .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt >&2; } \
      || fail "pip could not install what requirements.txt names; what it said is above"
    touch .venv/installed
  fi
}

faults() { :; }

# Reads [PORT] [--fault NAME]... [--short-lifetimes] [--registration], or --list-faults, which ends here.
# Sets `port`, `planted` (the names of the faults), `short` and `registration` (1 or nothing).
read_flags() {
  planted=() short='' registration='' usual_port=$port
  if [[ ${1:-} =~ ^[0-9]+$ ]]; then
    port=$1
    shift
  fi
  while (($#)); do
    case $1 in
      --list-faults)
        faults
        exit
        ;;
      --fault)
        faults | grep -q "^ *${2:-} " || fail "no such fault: ${2:-} (--list-faults lists them)"
        planted+=("$2")
        shift
        ;;
      --short-lifetimes) short=1 ;;
      --registration)
        [[ -n ${registers:-} ]] || fail "this provider registers no clients"
        registration=1
        ;;
      *) fail "unknown: $1" ;;
    esac
    shift
  done
}

is_planted() {
  [[ " ${planted[*]-} " == *" $1 "* ]]
}

# An empty .run/PORT, whose path `run` is.
new_run() {
  run=.run/$port
  if [[ -f $run/pid ]] && kill -0 "$(<"$run/pid")" 2>/dev/null; then
    fail "already running on port $port, pid $(<"$run/pid"); providers/stop $name $port ends it"
  fi
  rm -rf "$run"
  mkdir -p "$run"
  : >"$run/log"
}

# The provider file of this server: provider.yaml with its issuer and port, and with these lifetimes if they are short.
provider_file() {
  issuer=$1
  local lifetimes=$2 capability=''
  provider_file=$run/$name.yaml
  [[ -z $short || -z $lifetimes ]] || capability='short_lifetime: true'
  sed "s|^issuer:.*|issuer: $issuer|; s|http://127.0.0.1:$usual_port/|http://127.0.0.1:$port/|; ${capability:+s|^capabilities: {|&$capability,|}" provider.yaml >"$provider_file"
  if [[ -n $capability ]]; then
    grep -q '^capabilities:' "$provider_file" || echo "capabilities: { $capability }" >>"$provider_file"
    echo "lifetimes: { $lifetimes }" >>"$provider_file"
  fi
}

# Starts the server in the background, in a process group of its own: what it starts ends with it.
launch() {
  set -m
  nohup "$@" >>"$run/log" 2>&1 </dev/null &
  pid=$!
  set +m
  echo "$pid" >"$run/pid"
}

# Waits until the log says so and, if there is a second argument, this address answers. The log is this server's own, so that
# another server on the port is not taken for it.
await_ready() {
  for ((tick = 0; tick < ready_within_seconds * 5; tick++)); do
    if grep -q "$1" "$run/log" && { [[ -z ${2:-} ]] || curl --silent --fail --output /dev/null "$2"; }; then
      echo "$issuer is ready, pid $pid"
      echo "provider file: $PWD/$provider_file"
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -50 "$run/log" >&2
  kill -KILL -- "-$pid" 2>/dev/null || true
  rm -f "$run/pid"
  fail "no answer on port $port"
}
