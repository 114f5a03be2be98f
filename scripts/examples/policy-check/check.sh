#!/bin/sh
# Checks policy files of a git repository against another commit: none may allow a request that its file in that commit
# does not allow. A new file may allow nothing, so it needs a review.
#
#     check.sh COMMIT FILE...
#
# Exit status: 0 no new access; 3 a file allows more; 1 a file cannot be read, or AWS leaves it open; 2 wrong usage.
set -eu

if [ $# -lt 2 ]; then
  echo "usage: check.sh COMMIT FILE..." >&2
  exit 2
fi
commit=$1
shift
git rev-parse --quiet --verify "$commit^{commit}" >/dev/null || {
  echo "check.sh: $commit is not a commit of this repository" >&2
  exit 2
}
before=$(mktemp)
trap 'rm -f "$before"' EXIT

worst=0
for file in "$@"; do
  git show "$commit:./$file" >"$before" 2>/dev/null ||
    echo '{"Version":"2012-10-17","Statement":[]}' >"$before"
  status=0
  lanyard policy check --no-new-access "$before" -- "$file" || status=$?
  # 3 is more important than 1: a request is known.
  if [ "$status" -gt "$worst" ]; then worst=$status; fi
done
exit "$worst"
