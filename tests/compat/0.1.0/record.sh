#!/bin/sh
# Records in this folder what lanyard 0.1.0 writes. README.md describes the recordings.
#
#   tests/compat/0.1.0/record.sh build/lanyard      # in a checkout of version 0.1.0, after `make build`
#
# Needs lua5.4 and faketime; port 18080 of loopback must be free.

set -eu
lanyard=$(realpath "$1")
cd "$(dirname "$0")"
root=$(realpath ../../..)
[ "$("$lanyard" --version)" = "lanyard 0.1.0" ] || { echo "this records version 0.1.0 only" >&2; exit 2; }

home=$(mktemp -d /tmp/lanyard-record.XXXXXX)
port=18080
export TZ=UTC FAKETIME_DONT_FAKE_MONOTONIC=1
now="2026-11-20 09:00:00"
emulator=

# Runs a command with an environment of its own and the clock at $now.
at() {
  env -i PATH="$PATH" TZ=UTC HOME="$home" XDG_STATE_HOME="$home/state" AWS_EC2_METADATA_DISABLED=true \
    FAKETIME_DONT_FAKE_MONOTONIC=1 AWS_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:$port \
    AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY \
    faketime -f "@$now" "$@"
}

# Runs lanyard, which must exit with that status.
run() {
  expected=$1
  shift
  status=0
  at "$lanyard" "$@" 2>> "$home/stderr" || status=$?
  [ $status = "$expected" ] || { cat "$home/stderr" >&2; echo "exit status $status, not $expected: lanyard $*" >&2; exit 1; }
}

start() {
  rm -f "$home/url"
  at sh -c 'echo $$ > "$0"; exec "$@"' "$home/emulator" \
    "$lanyard" emulate --port $port --activation-delay 0 "$@" > "$home/url" 2> "$home/emulator.err" &
  tries=0
  until grep -qs listening "$home/url"; do
    sleep 0.1
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { echo "the emulator does not start" >&2; exit 1; }
  done
  emulator=$(cat "$home/emulator")
}

stop() {
  [ -z "$emulator" ] || kill "$emulator"
  emulator=
  wait || true
}
trap 'stop; rm -rf "$home"' EXIT

rm -rf reports journal names.txt findings.txt lint.txt ./*.json ./*.db scripts/*.out
mkdir reports

# --- An account with most kinds of findings.

at env LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;$root/tests/?.lua;;" \
  LUA_CPATH="$(dirname "$lanyard")/?.so;;" lua5.4 account.lua > account.state.json
cp account.state.json "$home/account.json"
start --state "$home/account.json"
run 0 audit --output json > reports/account.json
run 0 audit --output jsonl > reports/account.jsonl
run 0 audit --output sarif > reports/account.sarif
run 0 audit --output prometheus > reports/account.prom

# The same later, with rules, mutes, a desired file, trusted accounts and a baseline.
run 0 revoke web good/web > "$home/out"
run 0 grant web bad/not-granted > "$home/out"
now="2026-11-20 10:00:00"
everything() {
  run 0 audit --rules rules/account.lua --desired desired/account.lua --trusted-accounts 222233334444 \
    --baseline reports/account.json --output "$1"
}
everything json > reports/everything.json
everything prometheus > reports/everything.prom
stop
rm -rf "$home/state"

# --- Two Regions, in which services come to their grants day by day. The journal, the history.

cat > "$home/faults.lua" << 'FAULTS'
return {
  { operation = "GetRepositoryPolicy", times = 1, error = { code = "AccessDeniedException", message = "no", status = 400 } },
  { operation = "GetContainerServices", times = 1, error = { code = "AccessDeniedException", message = "no", status = 400 } },
  { operation = "DescribeRepositories", after = 1, times = 1,
    error = { code = "AccessDeniedException", message = "no", status = 400 } },
}
FAULTS
start --seed seed.lua --faults "$home/faults.lua"
run 1 audit --region us-east-1,eu-west-1 --output json > reports/failed.json
stop

start --seed seed.lua
run 3 plan desired/grants.lua --prune --output json > plan.json
stop

now="2026-11-18 09:00:00"
start --seed seed.lua --state "$home/team.json"
run 0 audit --region us-east-1,eu-west-1 --history history.db > "$home/out"
stop

now="2026-11-19 09:00:00"
start --state "$home/team.json"
run 0 grant web team/a team/b web > "$home/out"
run 0 audit --region us-east-1,eu-west-1 --history history.db > "$home/out"
stop

now="2026-11-20 08:00:00"
start --state "$home/team.json"
run 0 revoke web team/b > "$home/out"
run 0 audit --region us-east-1,eu-west-1 --history history.db > "$home/out"
stop

now="2026-11-20 09:00:00"
start --state "$home/team.json"
run 0 grant jobs shared --expires 2999-01-31 > "$home/out"
run 0 undo shared > "$home/out"
run 0 apply desired/grants.lua --yes --no-settle > "$home/out"
run 0 audit --region us-east-1,eu-west-1 --history history.db > "$home/out"
run 0 audit --region us-east-1,eu-west-1 --output json > reports/team.json
run 0 audit --region us-east-1,eu-west-1 --shard 1/2 --output json > reports/shard-1.json
run 0 audit --region us-east-1,eu-west-1 --shard 2/2 --output json > reports/shard-2.json
stop

# Kills a grant to jobs while a call waits for its answer, once the change is in the journal.
interrupt() {
  repository=$1
  echo "return { { operation = '$2', after = $3, delay = 600 } }" > "$home/faults.lua"
  start --state "$home/team.json" --faults "$home/faults.lua"
  at sh -c 'echo $$ > "$0"; exec "$@"' "$home/pid" "$lanyard" grant jobs "$repository" 2> "$home/stderr" &
  until ls "$home"/state/lanyard/journal/*/*/*/"$(echo "$repository" | tr / +)"/*.open.json > "$home/out" 2>&1; do
    sleep 0.1
  done
  sleep 1
  kill -9 "$(cat "$home/pid")"
  stop
}
now="2026-11-20 10:00:00"
interrupt prod/api GetRepositoryPolicy 1   # written; the answer of the read-back is missing
interrupt team/a SetRepositoryPolicy 0     # never written

cp "$home/team.json" team.state.json
cp -r "$home/state/lanyard/journal" journal

# --- Numbers of the reports as they were printed from the files.

run 0 audit merge reports/team.json --output prometheus > reports/team.prom
run 1 audit merge reports/failed.json --output prometheus > reports/failed.prom
run 0 audit merge reports/shard-1.json reports/shard-2.json --output prometheus > reports/shards.prom

# --- Scripts of a user.

script() {
  name=$1
  expected=$2
  shift 2
  start --seed seed.lua
  run "$expected" "scripts/$name.lua" "$@" > "scripts/$name.out"
  stop
  rm -rf "$home/state"
}
script readme 0
script team 3 web web 'team/*' --timeout 2m --yes
script connect 0
script library 0
script where 0

# --- Names.

run 0 --emulator names.lua > names.txt
run 0 -e 'for id in pairs(require "lanyard.audit.catalogue") do print(id) end' | sort > findings.txt
run 0 -e 'for id in pairs(require "lanyard.policy.lint.catalogue") do print(id) end' | sort > lint.txt

! grep -rF -e "$home" -e "$root" . || { echo "a recording has a path of this machine" >&2; exit 1; }
