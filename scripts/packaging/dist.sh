#!/bin/sh
# Writes the source of HEAD as a tarball. The same commit gives the same bytes.
#   scripts/packaging/dist.sh NAME-VERSION FILE.tar.gz
set -eu
git rev-parse --quiet --verify HEAD > /dev/null 2>&1 || {
  echo "dist.sh: this is not a git repository; make dist needs one" >&2
  exit 1
}
[ -z "$(git status --porcelain --untracked-files=no)" ] || echo "dist.sh: uncommitted changes are not in $2" >&2
mkdir -p "$(dirname "$2")"
git -c core.autocrlf=false -c tar.umask=0022 archive --format=tar --prefix="$1/" HEAD > "$2.tar"
gzip -n -9 < "$2.tar" > "$2.part"
rm "$2.tar"
mv "$2.part" "$2"
