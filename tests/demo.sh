#!/bin/sh
# Runs the main commands against the embedded emulator, and prints each command before its output.
#   tests/demo.sh build/lanyard
set -eu

lanyard=$(realpath "${1:?usage: tests/demo.sh LANYARD}")
folder=$(mktemp -d)
emulator=
finish() {
  status=$?
  if [ -n "$emulator" ]; then
    kill "$emulator" 2>/dev/null || true
    wait "$emulator" 2>/dev/null || true
  fi
  rm -rf "$folder"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Use the emulator's account, and no settings or files of the caller.
export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
export AWS_REGION=us-east-1
export XDG_STATE_HOME="$folder/state" XDG_CONFIG_HOME="$folder/config" HOME="$folder"
unset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_REGION

"$lanyard" emulate --port 0 --activation-delay 2 > "$folder/emulator" 2>&1 &
emulator=$!
until grep -q '^listening on ' "$folder/emulator"; do
  kill -0 "$emulator" 2>/dev/null || { cat "$folder/emulator" >&2; exit 1; }
  sleep 0.05
done
AWS_ENDPOINT_URL=$(sed -n 's/^listening on //p;q' "$folder/emulator")
export AWS_ENDPOINT_URL

say() {
  printf '\n# %s\n' "$*"
}
run() {
  printf '$ lanyard'
  for word in "$@"; do
    case $word in
    *[!A-Za-z0-9_./:=@%+-]*) printf " '%s'" "$word" ;;
    *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$lanyard" "$@"
}

say 'A new container service: its image puller role is off.'
run status my-container-service
say 'Enable the role, and wait until it is ready.'
run enable my-container-service
say 'What would a grant change? shared-repo already has a policy of other people.'
run grant my-container-service shared-repo --dry-run
say 'Let the service pull from both repositories.'
run grant my-container-service my-private-repo shared-repo
say 'Doing it twice changes nothing.'
run grant my-container-service my-private-repo shared-repo
say 'Who can pull from each repository?'
run audit
say 'Print the image URI for a Lightsail deployment.'
run uri my-private-repo:1.0
say 'Revoke access to shared-repo: the statements of other people do not change.'
run revoke my-container-service shared-repo
say 'That was a mistake: undo it.'
run undo shared-repo
say 'Revoke all grants, then disable the role.'
run disable my-container-service --revoke
say 'The role is off, and no grants remain.'
run status my-container-service
