#!/usr/bin/env bash
# Tests the packages in build/dist on bare machines: the static binary, the Debian packages, the RPM, the image, the
# rock, and that the same commit gives the same bytes.
#   tests/packages.sh [ROOTS]     as root, after `make packages`; `make packages-test` does both
# ROOTS is a folder with minbase roots (bookworm, trixie, noble), which debootstrap makes if they are missing. They are
# not changed. Without ROOTS they are in a temporary folder. Prints a line for each test, and exits with 1 if one failed.
# A test whose program is not installed is skipped with a word. LANYARD_TWICE=yes also builds everything in two folders,
# which takes about 15 minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "packages.sh: this needs root, for chroot and mount" >&2; exit 1; }
  folder=$(mktemp -d -p "${TMPDIR:-/var/tmp}" lanyard-packages.XXXXXX)
  trap 'rm -rf --one-file-system "$folder"' EXIT
  # The mounts and processes are in new namespaces, so that the kernel removes them when this script ends.
  unshare --mount --propagation private --pid --fork --kill-child tests/packages.sh inside "$folder" "${1:-}"
  exit
fi
folder=$2
mount -t proc proc /proc # of the new namespace of processes, for podman
roots=${3:-$folder/roots}
mkdir -p "$roots"
version=$(sed -n 's/^return "\(.*\)"$/\1/p' lua/lanyard/version.lua)
dist=$PWD/build/dist
static=$dist/lanyard-$version-linux-$(uname -m)
image=$dist/lanyard-$version-oci-$(uname -m).tar
count=0 failures=0

ok() {
  count=$((count + 1))
  echo "ok $count - $*"
}

not_ok() {
  count=$((count + 1))
  failures=$((failures + 1))
  echo "not ok $count - $*"
  sed 's/^/# /' "$folder/log"
}

skip() { # NAME REASON
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

check() { # NAME COMMAND...
  name=$1
  shift
  set +e # In a condition, the commands of a function would continue after a failure.
  (
    set -e
    "$@"
  ) > "$folder/log" 2>&1
  status=$?
  set -e
  if [ $status = 0 ]; then ok "$name"; else not_ok "$name"; fi
}

installed() {
  command -v "$1" > /dev/null
}

# Prints the folder of a fresh root: an overlay over the minbase root of a release.
fresh() { # RELEASE
  release=$1
  if [ ! -x "$roots/$release/usr/bin/apt" ]; then
    # Debian 12's debootstrap does not know noble; the script of all releases of Ubuntu makes it.
    case $release in
      noble) mirror=http://archive.ubuntu.com/ubuntu script=/usr/share/debootstrap/scripts/gutsy ;;
      *) mirror=http://deb.debian.org/debian script= ;;
    esac
    # shellcheck disable=SC2086
    debootstrap --variant=minbase "$release" "$roots/$release" "$mirror" $script > "$folder/log" 2>&1 || return 1
  fi
  layers=$(mktemp -d -p "$folder" "$release.XXXXXX")
  mkdir "$layers/upper" "$layers/work" "$layers/root"
  mount -t overlay overlay -o "lowerdir=$roots/$release,upperdir=$layers/upper,workdir=$layers/work" "$layers/root" \
    2> /dev/null || cp -a "$roots/$release/." "$layers/root"
  mount -t proc proc "$layers/root/proc"
  cp /etc/resolv.conf "$layers/root/etc/resolv.conf"
  printf 'APT::Install-Recommends "0";\nAPT::Get::Assume-Yes "1";\n' > "$layers/root/etc/apt/apt.conf.d/bare"
  echo "$layers/root"
}

in_root() { # ROOT COMMAND
  chroot "$1" /usr/bin/env -i HOME=/root DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+"http_proxy=$http_proxy"} sh -euc "$2"
}

# --- The static binary ---------------------------------------------------------------------------------------------

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$folder/key.pem" -out "$folder/ca.pem" -days 2 -subj /CN=lanyard.test \
  -addext subjectAltName=DNS:hosts.lanyard.test,DNS:dns.lanyard.test 2> /dev/null

# Runs the binary in a root with a network of its own, in which /etc/hosts and the DNS server know one name each.
with_names() { # ROOT
  mkdir -p "$1/etc" "$1/tmp"
  echo '127.0.0.1 hosts.lanyard.test' > "$1/etc/hosts"
  echo 'nameserver 127.0.0.1' > "$1/etc/resolv.conf"
  cp tests/packages/names.lua "$1/names.lua"
  python3 tests/packages/names.py "$folder/ca.pem" "$folder/key.pem" "$(command -v chroot)" "$1" /usr/bin/lanyard /names.lua
}

finds_names() { # ROOT
  with_names "$1" | tee "$folder/names"
  cmp "$folder/names" - << 'EOF'
hosts	200
dns	200
none	NameResolution
EOF
}

lacks_certificates() { # ROOT
  with_names "$1" | tee "$folder/names"
  grep -qx 'hosts	Tls	true' "$folder/names"
}

# Tries each place where a system may have its CA certificates.
finds_certificates() { # ROOT
  for file in etc/ssl/certs/ca-certificates.crt etc/pki/tls/certs/ca-bundle.crt \
    etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem etc/ssl/ca-bundle.pem etc/ssl/cert.pem; do
    install -D -m 644 "$folder/ca.pem" "$1/$file"
    finds_names "$1"
    rm "$1/$file"
  done
}

runs_commands() { # ROOT
  lanyard=(chroot "$1" /usr/bin/lanyard)
  [ "$("${lanyard[@]}" --version)" = "lanyard $version" ]
  "${lanyard[@]}" --emulator grant my-container-service my-private-repo --enable | grep 'my-private-repo *granted'
  "${lanyard[@]}" --emulator audit --history /tmp/history.db
  "${lanyard[@]}" history /tmp/history.db
}

[ -x "$static" ] || { echo "packages.sh: $static does not exist; run make packages" >&2; exit 1; }
# The userland of Alpine; its C library does not matter to a static binary.
make_busybox() { # ROOT
  mkdir -p "$1/bin" "$1/tmp" "$1/dev"
  cp "$(command -v busybox)" "$1/bin/busybox"
  chroot "$1" /bin/busybox --install -s /bin
  mknod -m 666 "$1/dev/null" c 1 3
}

runs_shell() { # ROOT
  [ "$(chroot "$1" /usr/bin/lanyard -e 'require("lanyard.process").run {
    words = { "sh", "-c", "expr 40 + 2" }, output = io.write }')" = 42 ]
  printf '#!/usr/bin/lanyard\nprint(#arg, ...)\n' > "$1/tmp/script.lua"
  chmod +x "$1/tmp/script.lua"
  [ "$(chroot "$1" /bin/sh -c '/tmp/script.lua one "two words"')" = "$(printf '2\tone\ttwo words')" ]
}

mkdir -p "$folder/empty/tmp"
systems="empty bookworm trixie noble"
if installed busybox; then
  make_busybox "$folder/busybox"
  systems="$systems busybox"
else
  skip "static, busybox" "busybox is not installed"
fi
for system in $systems; do
  root=$folder/$system
  [ -d "$root" ] || root=$(fresh "$system") || { not_ok "make a root of $system"; continue; }
  install -D -m 755 "$static" "$root/usr/bin/lanyard"
  check "static, $system: grant, audit and history" runs_commands "$root"
  [ "$system" = empty ] || check "static, $system: programs and scripts" runs_shell "$root"
  check "static, $system: without CA certificates, the error says so" lacks_certificates "$root"
  check "static, $system: CA certificates in each place, names by /etc/hosts and DNS" finds_certificates "$root"
done

# --- The Debian packages -------------------------------------------------------------------------------------------

deb_works() { # ROOT
  cp "$dist/lanyard_${version}_"*.deb "$dist/lua-lanyard_${version}_"*.deb "$1/tmp/"
  in_root "$1" '
    apt-get update -q
    find / -xdev -not -path "/proc/*" -not -path "/tmp/*" -not -path "/var/*" -not -path "/etc/*" | sort > /tmp/before
    apt-get install -q /tmp/lanyard_*.deb
    lanyard --version
    lanyard --emulator audit --history /tmp/history.db
    lanyard history /tmp/history.db
    lanyard -e "print(require(\"lanyard.embedded\").prefix)" | grep -qx /usr
    apt-get install -q /tmp/lua-lanyard_*.deb
    lua5.4 -e "local l = require \"lanyard\" print(l.version, l.policy.new():size())"
    dpkg --verify lanyard lua-lanyard
    apt-get purge -q lanyard lua-lanyard
    apt-get autoremove -q --purge
    find / -xdev -not -path "/proc/*" -not -path "/tmp/*" -not -path "/var/*" -not -path "/etc/*" | sort > /tmp/after
    ! diff /tmp/before /tmp/after | grep lanyard'
}

if [ -e "$dist/lanyard_${version}_$(dpkg --print-architecture).deb" ]; then
  for system in bookworm trixie; do
    root=$(fresh $system)
    check "deb, $system: install, run, verify and purge" deb_works "$root"
  done
  if installed lintian; then
    # A tag that is overridden is explained in the package's file of overrides. Manual pages come from `make man`.
    suppressed=()
    grep -q '^man:' Makefile scripts/packaging/packaging.mk || suppressed=(--suppress-tags no-manual-page)
    check "deb: lintian" lintian --pedantic --fail-on error,warning "${suppressed[@]}" \
      "$dist/lanyard_${version}_$(dpkg --print-architecture).changes"
  else
    skip "deb: lintian" "lintian is not installed"
  fi
else
  skip "deb" "make deb was not run"
fi

# --- The RPM -------------------------------------------------------------------------------------------------------

rpm_works() {
  root=$folder/rpm
  mkdir -p "$root"
  rpm --root "$root" --initdb
  rpm --root "$root" --nodeps -i "$dist/lanyard-$version-1.$(uname -m).rpm" # The root has no ca-certificates.
  rpm --root "$root" -V --nodeps lanyard
  [ "$(chroot "$root" /usr/bin/lanyard --version)" = "lanyard $version" ]
  # The same files as in the Debian package: man pages, completion, definitions for editors.
  for folder_of_files in share/man share/lanyard share/bash-completion share/fish; do
    (cd "$root/usr/$folder_of_files" && find . -type f | sed 's/\.gz$//' | sort) > "$folder/rpm-files"
    dpkg --fsys-tarfile "$dist/lanyard_${version}_"*.deb | tar -t --wildcards "./usr/$folder_of_files/*" \
      | sed -n "s,^\./usr/$folder_of_files/\(.*[^/]\)\$,./\1,p" | sed 's/\.gz$//' | sort | diff - "$folder/rpm-files"
  done
  rpm --root "$root" -e lanyard
  [ -z "$(find "$root/usr" -name '*lanyard*')" ]
}

if ! installed rpm; then
  skip "rpm" "rpm is not installed"
elif [ ! -e "$dist/lanyard-$version-1.$(uname -m).rpm" ]; then
  skip "rpm" "make rpm was not run"
else
  check "rpm: install, verify, run and remove" rpm_works
fi

# --- The image -----------------------------------------------------------------------------------------------------

# Unpacks the only layer and runs the command as the image's user.
image_runs() {
  root=$folder/image
  mkdir -p "$root/layout" "$root/root"
  tar -xf "$image" -C "$root/layout"
  layer=$(sed -n 's/.*layer.*"sha256:\([0-9a-f]*\)".*/\1/p' "$root"/layout/blobs/sha256/"$(sed -n \
    's/.*"digest": "sha256:\([0-9a-f]*\)".*/\1/p' "$root/layout/index.json")")
  tar -xpzf "$root/layout/blobs/sha256/$layer" -C "$root/root"
  mount --bind "$root/root" "$root/root"
  mount -o remount,bind,ro "$root/root"
  mount -t tmpfs -o mode=1777 tmpfs "$root/root/tmp"
  chroot --userspec=65532:65532 "$root/root" /usr/bin/lanyard --emulator audit
  umount "$root/root/tmp" "$root/root"
}

# Sets `container` to a command that starts a container on this machine. The runtime crun needs version 2 of cgroups, and
# a container must not raise the limits of a process that lacks CAP_SYS_RESOURCE.
podman_starts() {
  for runtime in crun runc; do
    container=("${podman[@]}" --runtime "$runtime" run --rm --network none --read-only --cap-drop all
      --security-opt no-new-privileges --ulimit nofile=1000:1000 --ulimit nproc=1000:1000)
    [ "$runtime" = runc ] || container+=(--cgroups disabled)
    container+=("localhost/lanyard:$version")
    "${container[@]}" lanyard --version > "$folder/log" 2>&1 && return
  done
  return 1
}

podman_runs() {
  [ "$("${container[@]}" lanyard --version)" = "lanyard $version" ]
  "${container[@]}" lanyard --emulator grant my-container-service my-private-repo --enable | grep 'my-private-repo *granted'
  [ "$("${container[@]}" lanyard -e 'print(require("lanyard.system").user())')" = 65532 ]
  status=0
  "${container[@]}" lanyard --emulator policy lint /none.json || status=$?
  [ $status = 1 ]
}

if [ -e "$image" ]; then
  check "oci: the command runs as its user, with a root folder that is read-only" image_runs
  if installed skopeo; then
    check "oci: skopeo copies it" skopeo --insecure-policy copy "oci-archive:$image" "dir:$folder/skopeo"
  else
    skip "oci: skopeo copies it" "skopeo is not installed"
  fi
  if installed podman; then
    podman=(podman --root "$folder/podman" --runroot "$folder/podman-run" --storage-driver vfs)
    check "oci: podman loads it" "${podman[@]}" load -i "$image"
    if podman_starts; then
      check "oci: podman runs it with a root folder that is read-only, without capabilities and network" podman_runs
    else
      skip "oci: podman runs it" "containers cannot be started here: $(tail -n 1 "$folder/log")"
    fi
  else
    skip "oci: podman loads it" "podman is not installed"
  fi
else
  skip "oci" "make oci was not run"
fi

# --- The rock ------------------------------------------------------------------------------------------------------

rock_works() {
  git clone -q . "$folder/rock"
  (cd "$folder/rock" && luarocks --lua-version 5.4 --tree "$folder/rocks" make scripts/packaging/lanyard-scm-1.rockspec)
  eval "$(luarocks --lua-version 5.4 --tree "$folder/rocks" path)"
  lua5.4 -e 'local l = require "lanyard" print(l.version, l.policy.new():size())'
  luarocks --lua-version 5.4 --tree "$folder/rocks" remove lanyard
}

if installed luarocks; then
  check "rock: luarocks makes, runs and removes it" rock_works
else
  skip "rock" "luarocks is not installed"
fi

# --- The same bytes ------------------------------------------------------------------------------------------------

twice() {
  for copy in one two-with-another-length; do
    git clone -q . "$folder/twice/$copy"
    make -C "$folder/twice/$copy" packages
  done
  cd "$folder/twice/one/build/dist"
  status=0
  for file in *; do
    case $file in *.buildinfo | *.changes) continue ;; esac # They name the environment of the build.
    cmp "$file" "../../../two-with-another-length/build/dist/$file" || status=1
  done
  return $status
}

if [ "${LANYARD_TWICE:-}" = yes ]; then
  check "every package has the same bytes when it is built in two folders" twice
else
  skip "every package has the same bytes when it is built in two folders" "LANYARD_TWICE=yes builds them"
fi

echo "1..$count"
echo "$((count - failures)) passed, $failures failed"
[ "$failures" = 0 ]
