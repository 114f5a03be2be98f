#!/bin/sh
# Packs the static binary as an RPM.
#   scripts/packaging/rpm.sh BINARY VERSION EPOCH ARCHITECTURE FOLDER
set -eu
binary=$(realpath "$1") version=$2 epoch=$3 architecture=$4
mkdir -p "$5"
target=$(realpath "$5")
top=$PWD/build/rpm
rm -rf "$top"
mkdir -p "$top"
# The file is stripped, and neither its bytes nor the time and host of the build may depend on this machine.
SOURCE_DATE_EPOCH=$epoch TZ=UTC rpmbuild -bb --quiet --target "$architecture-linux" \
  --define "_topdir $top" --define "version_ $version" --define "static $binary" --define "source $PWD" \
  --define '_buildhost localhost' --define 'use_source_date_epoch_as_buildtime 1' \
  --define 'clamp_mtime_to_source_date_epoch 1' --define '_build_id_links none' --define '__os_install_post %{nil}' \
  --define 'debug_package %{nil}' --define '_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
  scripts/packaging/lanyard.spec > "$top/log" 2>&1 || {
  cat "$top/log" >&2
  exit 1
}
mv "$top/RPMS/lanyard-$version-1.$architecture.rpm" "$target/"
echo "write    lanyard-$version-1.$architecture.rpm"
