#!/bin/sh
# Fills a folder with links to the programs of a fresh Debian 12 on which packages were installed: the programs of a
# minbase root, of the packages, and of their dependencies. Tests that have this folder as PATH cannot start another program.
# Fails if a test names another program by its absolute path.
#   tests/programs.sh FOLDER PACKAGE...
set -eu
cd "$(dirname "$0")/.."
folder=$(realpath -m "${1:?usage: tests/programs.sh FOLDER PACKAGE...}")
shift

# Specs use these if they are installed and are skipped otherwise; no package list has them.
OPTIONAL='ansible-playbook cfn-lint chromium systemd-analyze terraform'

# What apt would install on a machine that has nothing.
closure() {
  apt-get -qq -s -o Dir::State::status=/dev/null install --no-install-recommends '?priority(required)' apt "$@"
}

if ! simulated=$(closure "$@" 2> /dev/null); then # apt may have no lists yet
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  simulated=$(closure "$@")
fi
packages=$(printf '%s\n' "$simulated" | awk '$1 == "Inst" { print $2 }')

rm -rf "$folder"
mkdir -p "$folder"
# dpkg fails if one of the packages is not installed here, where another one may take its place.
# shellcheck disable=SC2086
{ dpkg -L $packages 2> /dev/null || true; } | grep -E '^(/usr)?/s?bin/[^/]+$' | while read -r path; do
  ln -sf "$path" "$folder"
done
# awk, cc: names for whichever of several programs is installed.
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
    while read -r name place; do
      if [ "$name" != lanyard ] && ! [ -e "$folder/$name" ]; then
        echo "$place is a program of no listed package" >&2
        status=1
      fi
    done
    exit $status
  }
