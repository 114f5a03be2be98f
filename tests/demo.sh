#!/bin/sh
# Demonstrates the main workflow against the embedded emulator. Prints each command before its output.
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

# The emulator's account. The settings of the user who runs the demo are not used.
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

say 'The image puller role of a new container service is off.'
run status my-container-service
say 'Turn the role on, and wait until it is ready.'
run enable my-container-service
say 'Show what a grant would change. shared-repo already has a policy with a statement for another principal.'
run grant my-container-service shared-repo --dry-run
say 'Grant the service pull access to both repositories.'
run grant my-container-service my-private-repo shared-repo
say 'A second grant changes nothing.'
run grant my-container-service my-private-repo shared-repo
say 'Report who can pull from each repository.'
run audit
say 'Print the image URI for a Lightsail deployment.'
run uri my-private-repo:1.0
say 'Revoke the access to shared-repo. The other statements of its policy do not change.'
run revoke my-container-service shared-repo
say 'Undo the last change of the policy.'
run undo shared-repo
say 'Revoke the grants, and turn the role off.'
run disable my-container-service --revoke
say 'Show that nothing is left.'
run status my-container-service
