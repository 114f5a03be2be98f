#!/bin/sh
# Builds a static libcurl from Debian's source package, with HTTP, HTTPS and HTTP/2 only. Debian's own libcurl.a needs
# libraries that Debian has no static version of (GSSAPI, LDAP).
#   scripts/packaging/curl.sh FOLDER [HOST]        HOST is another architecture, such as aarch64-linux-gnu
# FOLDER then contains include/, lib/libcurl.a, lib/pkgconfig/libcurl.pc, `copyright`, and `version`, the version of the
# source package. Does nothing if FOLDER has the newest version, or if the package sources cannot be read and FOLDER has
# some version. The source comes from the machine's own package sources: apt checks its
# signature. Neither the apt configuration nor a file outside FOLDER changes.
set -eu
folder=$1
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
lists=$folder/apt
mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" "$lists/parts"

fail() {
  echo "curl.sh: $*" >&2
  exit 1
}

# The same package sources as the machine's, with sources instead of binary packages.
for file in /etc/apt/sources.list.d/*.sources; do
  [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" > "$lists/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ ! -e "$file" ] || sed -n 's/^deb\([[:space:]]\)/deb-src\1/p' "$file" > "$lists/parts/$(basename "$file" .list).list"
done

apt() {
  apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$lists/parts" \
    -o Dir::State::Lists="$lists/lists" -o Dir::Cache="$lists/cache" -o APT::Sandbox::User="$(id -un)" "$@"
}

# The second line of `version` changes when this script does.
script=$(sha256sum < "$0")
built=$(cat "$folder/version" 2> /dev/null || true)
if ! apt update > "$folder/apt.log" 2>&1; then
  [ "${built#*"$script"}" != "$built" ] || fail "the package sources cannot be read; see $folder/apt.log"
  echo "curl.sh: the package sources cannot be read; curl ${built%%"
"*} is used" >&2
  exit 0
fi
version=$(apt source --print-uris curl 2> /dev/null | sed -n 's/^.* curl_\([^ ]*\)\.dsc .*$/\1/p')
[ -n "$version" ] || fail "the package sources of this machine have no source package curl"
[ "$version
$script" != "$built" ] || exit 0

cd "$folder"
rm -rf source curl_* version copyright
apt source --download-only "curl=$version" >> apt.log 2>&1 || fail "the source of curl cannot be fetched; see $folder/apt.log"
dpkg-source --no-check -x "curl_$version.dsc" source > unpack.log 2>&1 || fail "see $folder/unpack.log"
mkdir source/build
cd source/build

# c-ares resolves names: the resolver of a static glibc loads shared libraries of the machine that it runs on.
# CA certificates are looked for where Debian, Ubuntu, Arch and Alpine have them; core/net knows further places.
../configure --quiet ${2:+--host="$2"} --prefix="$folder" --disable-shared --enable-static --disable-dependency-tracking \
  --with-openssl --with-nghttp2 --with-zlib --enable-ares --enable-ipv6 \
  --without-zstd --without-brotli --without-libpsl --without-libidn2 --without-librtmp --without-libssh2 \
  --without-gssapi --without-libgsasl --disable-ldap --disable-ldaps --disable-rtsp --disable-dict --disable-telnet \
  --disable-tftp --disable-pop3 --disable-imap --disable-smb --disable-smtp --disable-gopher --disable-mqtt \
  --disable-ftp --disable-file --disable-manual --disable-ntlm --disable-alt-svc --disable-cookies --disable-netrc \
  --disable-unix-sockets --disable-libcurl-option \
  --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --with-ca-path=/etc/ssl/certs \
  CFLAGS="-O2 -fPIC -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -ffile-prefix-map=$folder=curl" \
  > ../../configure.log 2>&1 || fail "see $folder/configure.log"
make -j"$(nproc)" -C lib > ../../make.log 2>&1 || fail "see $folder/make.log"
for part in lib include; do
  make -C "$part" install >> ../../make.log 2>&1 || fail "see $folder/make.log"
done
make install-pkgconfigDATA >> ../../make.log 2>&1 || fail "see $folder/make.log"
cd "$folder"
cp source/debian/copyright copyright
rm -rf source curl_*
printf '%s\n%s\n' "$version" "$script" > version
