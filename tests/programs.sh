#!/bin/sh
# Fills a folder with links to the programs that a fresh Debian 12 has after the packages are installed: the programs of
# a minbase root, of the packages, and of their dependencies. Tests with this folder as PATH cannot start any other
# program.
# Fails if a test names another program of this machine by its absolute path. Texts of tests name programs, too, that no
# test starts.
#   tests/programs.sh FOLDER PACKAGE...
set -eu
cd "$(dirname "$0")/.."
folder=$(realpath -m "${1:?usage: tests/programs.sh FOLDER PACKAGE...}")
shift

# Specs that need one of these are skipped if it is not installed. No package list contains them.
OPTIONAL='ansible-doc ansible-lint ansible-playbook cfn-lint chromium gitlab-ci-local munged node parallel pre-commit rsync
  sbatch scontrol sinfo slurmctld slurmd squeue systemd-analyze terraform'

# Prints what apt would install on an empty machine.
closure() {
  apt-get -qq -s -o Dir::State::status=/dev/null install --no-install-recommends '?priority(required)' apt "$@"
}

if ! simulated=$(closure "$@" 2> /dev/null); then # The package lists may be missing.
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  simulated=$(closure "$@")
fi
packages=$(printf '%s\n' "$simulated" | awk '$1 == "Inst" { print $2 }')

rm -rf "$folder"
mkdir -p "$folder"
# dpkg fails if a package is not installed on this machine, for example because an alternative to it is.
# shellcheck disable=SC2086
{ dpkg -L $packages 2> /dev/null || true; } | grep -E '^(/usr)?/s?bin/[^/]+$' | while read -r path; do
  ln -sf "$path" "$folder"
done
# Names such as awk and cc are links to one of several alternatives.
update-alternatives --get-selections | while read -r name _; do
  update-alternatives --query "$name" | awk '/^Link: .*\/s?bin\// { link = $2 } /^Alternative: / && link { print link, $2 }'
done | while read -r link path; do
  if [ "$(readlink "$folder/${path##*/}")" = "$path" ]; then
    ln -sf "$path" "$folder/${link##*/}"
  fi
done
for name in $OPTIONAL; do
  if path=$(command -v "$name"); then
    ln -sf "$path" "$folder/$name"
  fi
done

grep -rnoE '/(usr/)?s?bin/[A-Za-z0-9_.+-]+' tests --include='*.lua' --include='*.py' --include='demo.sh' --exclude-dir=bench \
  | awk -F/ '{ print $NF, $0 }' | {
    status=0
    while read -r name location; do
      if [ "$name" != lanyard ] && ! [ -e "$folder/$name" ] && [ -e "${location##*:}" ]; then
        echo "$location: this program belongs to no listed package" >&2
        status=1
      fi
    done
    exit $status
  }
