#!/usr/bin/env bash
# Installs django-oauth-toolkit if needed, starts the server in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9470 unless given. What belongs to a running server lies in .run/PORT: pid, log, database, keys, and its
# own provider file, which says what this server is started as. ./stop.sh [PORT] ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

ready_within_seconds=60
port=9470
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
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || fail "needs Python 3.10 or later"
if [[ ! .venv/installed -nt requirements.txt ]]; then
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt >&2
  touch .venv/installed
fi

faults=()
short=0
while (($#)); do
  case $1 in
    --list-faults) exec .venv/bin/python faults.py --list ;;
    --fault)
      faults+=("${2:?start.sh: --fault takes a name}")
      shift
      ;;
    --short-lifetimes) short=1 ;;
    *) fail "unknown: $1" ;;
  esac
  shift
done
.venv/bin/python faults.py "${faults[@]}"

run=.run/$port
if [[ -f $run/pid ]] && kill -0 "$(<"$run/pid")" 2>/dev/null; then
  fail "already running on port $port, pid $(<"$run/pid"); ./stop.sh $port ends it"
fi
rm -rf "$run"
mkdir -p "$run"
issuer=http://127.0.0.1:$port/o
provider_file=$run/django-oauth-toolkit.yaml
sed "s|^issuer:.*|issuer: $issuer|; s|http://127.0.0.1:9470/|http://127.0.0.1:$port/|" provider.yaml >"$provider_file"
if ((short)); then
  printf '%s\n' "capabilities: { short_lifetime: true }" "lifetimes: { code: 5s, refresh: 8s }" >>"$provider_file"
fi

export DEMO_RUN=$PWD/$run DEMO_PORT=$port DEMO_FAULTS="${faults[*]}" DEMO_SHORT_LIFETIMES=$short
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

nohup .venv/bin/gunicorn --bind "127.0.0.1:$port" --workers 1 --threads 8 --keep-alive 75 --limit-request-line 8190 \
  django.core.wsgi:get_wsgi_application\(\) >>"$run/log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$run/pid"

# The log is this server's own, so another server on the port is not taken for it.
for ((tick = 0; tick < ready_within_seconds * 10; tick++)); do
  if grep -q "Listening at: http://127.0.0.1:$port " "$run/log" \
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
