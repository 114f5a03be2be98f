#!/bin/sh
# Checks policy files of a git repository against another commit: none may allow a request that its file in that commit
# does not allow. A new file may allow nothing, so it needs a review. A deleted file of a folder is named.
#
#     check.sh COMMIT FOLDER      all files below FOLDER whose names end in .json
#     check.sh COMMIT FILE...
#
# Exit status: 0 no new access; 3 a file allows more; 1 a file cannot be read, or AWS leaves it open; 2 wrong usage.
set -eu

if [ $# -lt 2 ]; then
  echo "usage: check.sh COMMIT FOLDER, or check.sh COMMIT FILE..." >&2
  exit 2
fi
commit=$1
shift
git rev-parse --quiet --verify "$commit^{commit}" >/dev/null || {
  echo "check.sh: $commit is not a commit of this repository" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
before=$work/before
mkdir -p "$before"

if [ -d "$1" ] && [ $# -eq 1 ]; then
  # Without the folder in that commit, every file is new.
  if git rev-parse --quiet --verify "$commit:./${1%/}" >/dev/null; then
    git archive --output "$work/archive.tar" "$commit:./${1%/}"
    tar -xf "$work/archive.tar" -C "$before"
  fi
else
  for file in "$@"; do
    mkdir -p "$before/$(dirname "$file")"
    git show "$commit:./$file" >"$before/$file" 2>/dev/null || rm -f "$before/$file"
  done
fi
lanyard policy check --no-new-access "$before" -- "$@"
