#!/usr/bin/env bash
# Fetches Keycloak if needed, starts it in the background and waits until it answers.
#
#   ./start.sh [PORT] [--fault NAME]... [--short-lifetimes]
#   ./start.sh --list-faults
#
# PORT is 9420 unless given. `../stop keycloak` ends it, and takes its database, in .run/PORT/home, away.
# Keycloak itself lies in .cache, or in $FLOWPROOF_CACHE/keycloak; all servers share it.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

version=26.7.3
sha256=27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f
ready_within_seconds=240
port=9420
for tool in java mvn unzip node npm curl; do
  command -v "$tool" >/dev/null || fail "needs $tool (Java 17 or later, Maven, unzip, curl, and Node.js 20 or later)"
done
npm_packages
faults() { node realm.mjs --list-faults; }
read_flags "$@"

cache=${FLOWPROOF_CACHE:-$PWD/.cache}
[[ -z ${FLOWPROOF_CACHE:-} ]] || cache=$cache/keycloak
dist=$cache/keycloak-$version
if [[ ! -d $dist ]]; then
  zip=keycloak-quarkus-dist-$version.zip
  mkdir -p "$cache"
  fetched=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$fetched"' EXIT
  echo "fetching Keycloak $version, 170 MB" >&2
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

new_run
provider_file "http://127.0.0.1:$port/realms/demo" "code: 8s, refresh: 24s"
mkdir -p "$run/home/bin" "$run/home/data/import"
node realm.mjs ${planted[@]+"${planted[@]/#/--fault=}"} ${short:+--short-lifetimes} >"$run/home/data/import/demo-realm.json"
# A home of its own for every server, so that several can run: what they only read is shared.
cp "$dist/bin/kc.sh" "$run/home/bin/"
for shared in conf lib providers themes version.txt; do
  ln -s "$dist/$shared" "$run/home/$shared"
done

# Demo values, for a look at the administration pages; the environment of a process is not in its title.
export KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=demo-password-of-admin
# Without a name of its own Keycloak takes the one in the Host header.
named=(--hostname "http://127.0.0.1:$port")
! is_planted believes-the-host-header || named=()
launch "$run/home/bin/kc.sh" start-dev --import-realm --http-host 127.0.0.1 --http-port "$port" ${named[@]+"${named[@]}"}
await_ready "Listening on: http://127.0.0.1:$port" "$issuer/.well-known/openid-configuration"
