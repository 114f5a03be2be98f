#!/bin/sh
# Builds the Debian packages of a source tarball.
#   scripts/packaging/deb.sh SOURCE.tar.gz FOLDER
set -eu
mkdir -p "$2"
target=$(cd "$2" && pwd)
work=build/deb
rm -rf $work
mkdir -p $work/source
tar -xzf "$1" -C $work/source --strip-components=1
cd $work/source
cp -R scripts/packaging/debian debian
jobs=$(nproc)
dpkg-buildpackage --build=binary --no-sign -j"$jobs" > ../log 2>&1 || {
  tail -n 40 ../log >&2
  echo "deb.sh: the build failed; see $work/log" >&2
  exit 1
}
cd ..
for file in *.deb *.changes *.buildinfo; do
  mv "$file" "$target/"
  echo "write    $file"
done
rm -rf source
