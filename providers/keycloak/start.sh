#!/usr/bin/env bash
# Fetches Keycloak if needed, starts it in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9420 unless given. What belongs to a running server lies in .run/PORT: pid, log, its database, and its
# own provider file, which says what this server is started as. ./stop.sh [PORT] ends it.
# Keycloak itself lies in .cache, or in $FLOWPROOF_CACHE/keycloak; all servers share it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

version=26.7.3
sha256=27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f
ready_within_seconds=240
port=9420
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  port=$1
  shift
fi

fail() {
  echo "start.sh: $*" >&2
  exit 1
}

for tool in java mvn unzip node npm curl; do
  command -v "$tool" >/dev/null || fail "needs $tool (Java 17 or later, Maven, unzip, curl, and Node.js 20 or later)"
done
if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  npm ci >&2 || fail "npm could not install what package-lock.json names; what it said is above"
  touch node_modules/.package-lock.json
fi

if [[ " $* " == *" --list-faults "* ]]; then
  exec node realm.mjs --list-faults
fi

cache=${FLOWPROOF_CACHE:-$PWD/.cache}
[[ -z ${FLOWPROOF_CACHE:-} ]] || cache=$cache/keycloak
dist=$cache/keycloak-$version
if [[ ! -d $dist ]]; then
  zip=keycloak-quarkus-dist-$version.zip
  mkdir -p "$cache"
  fetched=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$fetched"' EXIT
  echo "start.sh: fetching Keycloak $version, 170 MB" >&2
  mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:zip" "-DoutputDirectory=$fetched" >&2 \
    || fail "Maven could not fetch org.keycloak:keycloak-quarkus-dist:$version:zip; what the registry said is above"
  sum=$( (sha256sum "$fetched/$zip" 2>/dev/null || shasum -a 256 "$fetched/$zip") | cut -d ' ' -f 1)
  [[ $sum == "$sha256" ]] || fail "$zip is not the file that is expected: its sha-256 is $sum"
  unzip -q "$fetched/$zip" -d "$fetched"
  # In one step: a start that was cut off leaves no half of it. Whoever came first has the same.
  mv -T "$fetched/keycloak-$version" "$dist" 2>/dev/null || [[ -d $dist ]] || fail "cannot write $dist"
  rm -rf "$fetched"
  trap - EXIT
fi

run=.run/$port
if [[ -f $run/pid ]] && kill -0 "$(<"$run/pid")" 2>/dev/null; then
  fail "already running on port $port, pid $(<"$run/pid"); ./stop.sh $port ends it"
fi
rm -rf "$run"
mkdir -p "$run/home/bin" "$run/home/data/import"
node realm.mjs "$@" >"$run/home/data/import/demo-realm.json"
# A home of its own for every server, so that several can run: what they only read is shared.
cp "$dist/bin/kc.sh" "$run/home/bin/"
for shared in conf lib providers themes version.txt; do
  ln -s "$dist/$shared" "$run/home/$shared"
done

issuer=http://127.0.0.1:$port/realms/demo
provider_file=$run/keycloak.yaml
sed "s|^issuer:.*|issuer: $issuer|" provider.yaml >"$provider_file"
if [[ " $* " == *" --short-lifetimes "* ]]; then
  sed -i.bak 's/^capabilities: { /&short_lifetime: true, /' "$provider_file" && rm "$provider_file.bak"
  echo "lifetimes: { code: 8s, refresh: 24s }" >>"$provider_file"
fi

# Demo values, for a look at the administration pages; the environment of a process is not in its title.
export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=demo-password-of-admin
# Without a name of its own Keycloak takes the one in the Host header.
named=(--hostname "http://127.0.0.1:$port")
[[ " $* " != *" believes-the-host-header "* ]] || named=()
# A process group of its own: kc.sh and the Java below it end together.
set -m
nohup "$run/home/bin/kc.sh" start-dev --import-realm --http-host 127.0.0.1 --http-port "$port" \
  ${named[@]+"${named[@]}"} \
  >"$run/log" 2>&1 </dev/null &
pid=$!
set +m
echo "$pid" >"$run/pid"

# The server prints that it listens, so another server on the port is not taken for it.
for ((tick = 0; tick < ready_within_seconds * 2; tick++)); do
  if grep -q "Listening on: http://127.0.0.1:$port" "$run/log" \
    && curl --silent --fail --output "$run/metadata.json" "$issuer/.well-known/openid-configuration"; then
    echo "$issuer is ready, pid $pid"
    echo "provider file: $PWD/$provider_file"
    exit 0
  fi
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.5
done
tail -50 "$run/log" >&2
kill -KILL -- "-$pid" 2>/dev/null || true
rm -f "$run/pid"
fail "no answer on port $port"
