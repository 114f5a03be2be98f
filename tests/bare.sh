#!/usr/bin/env bash
# Proves what README promises for a fresh Debian 12, in two minbase roots that debootstrap makes:
# - with git, make and a clone of HEAD only, README's `make demo` and `make test` succeed;
# - with README's packages for a copied binary only, a copy of build/lanyard and the installed Lua modules work.
#   tests/bare.sh                  as root; `make bare` also installs what this script needs
# The commands are read from README. The last line is the last line of `make test`, `N passed, N failed`; the exit status
# is 0 if everything succeeded. Uncommitted changes are not tested.
set -euo pipefail
cd "$(dirname "$0")/.."

VECTORS=${LANYARD_VECTORS:-../shared/vectors}

fail() {
  echo "bare.sh: $*" >&2
  exit 1
}

# The mounts and the processes are in namespaces of this script: the kernel removes them whenever it ends.
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || fail "this needs root, for chroot and mount. Run: sudo make bare"
  folder=$(mktemp -d -p "${TMPDIR:-/var/tmp}" lanyard-bare.XXXXXX)
  unshare --mount --propagation private --pid --fork --kill-child tests/bare.sh inside "$folder" &
  child=$!
  # shellcheck disable=SC2317 # the trap calls it
  finish() {
    status=$?
    kill -KILL "$child" 2> /dev/null || true
    wait "$child" 2> /dev/null || true
    for _ in 1 2 3 4 5; do # The last processes may still write.
      rm -rf --one-file-system "$folder" 2> /dev/null && break
      sleep 1
    done
    exit "$status"
  }
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  wait "$child"
  exit
fi
folder=$2

began=$SECONDS
say() {
  printf '\n== %s (%d s)\n' "$*" $((SECONDS - began))
}

# The line of README that begins with these words.
readme() {
  grep -m 1 "^    $*" README.md || fail "README.md has no command '$*'"
}

# Runs a command as after a login: it inherits no variable, and does not ignore SIGINT as a command in the background.
in_root() { # ROOT COMMAND
  chroot "$folder/$1" /usr/bin/env -i --default-signal=INT,QUIT HOME=/root DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+"http_proxy=$http_proxy"} sh -euc "$2"
}

# The Debian mirror that apt uses on this machine.
mirror() {
  # shellcheck disable=SC2016 # apt expands it
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' \
    | sed -n 1p
}

for command in 'make demo' 'make test' 'apt-get install git make' 'apt-get install libcurl4' 'apt-get install lua5.4'; do
  readme "$command" > /dev/null
done
[ -z "$(git status --porcelain)" ] || echo "bare.sh: the uncommitted changes here are not tested" >&2
[ -n "$(mirror)" ] || apt-get update -q
uri=$(mirror)
[ -n "$uri" ] || fail "the sources of apt have no mirror of Debian"

say "Make a minbase root of Debian 12 from $uri"
certificates=
case $uri in https:*) certificates=--include=ca-certificates ;; esac # Without them apt cannot use that mirror.
debootstrap --variant=minbase $certificates bookworm "$folder/fresh" "$uri" > "$folder/log" 2>&1 \
  || { cat "$folder/log" >&2; fail "debootstrap failed"; }
{
  printf 'APT::Install-Recommends "0";\nAPT::Get::Assume-Yes "1";\n'
  apt-config dump | grep '^Acquire::.*Proxy ' || true
} > "$folder/fresh/etc/apt/apt.conf.d/bare"
cp -a "$folder/fresh" "$folder/copied"
for root in fresh copied; do
  mount -t proc proc "$folder/$root/proc"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$folder/$root/dev/pts"
  mount -t tmpfs tmpfs "$folder/$root/dev/shm"
  in_root $root 'apt-get update -q'
done

say 'Install git and make, clone HEAD'
in_root fresh "$(readme 'apt-get install git make')"
# The owner of this checkout may be another user.
printf '[safe]\n\tdirectory = *\n' > "$folder/gitconfig"
GIT_CONFIG_GLOBAL=$folder/gitconfig git clone -q --bare "file://$PWD" "$folder/fresh/root/lanyard.git"
in_root fresh 'cd; git clone -q lanyard.git lanyard'
if [ -d "$VECTORS" ]; then # where `make test` looks for them
  mkdir -p "$folder/fresh/root/shared/vectors"
  mount --bind -o ro "$VECTORS" "$folder/fresh/root/shared/vectors"
fi

say "Run README's make demo"
in_root fresh "cd ~/lanyard; $(readme 'make demo')"

say 'Copy the binary to a root that has only its packages'
in_root copied "$(readme 'apt-get install libcurl4')"
cp "$folder/fresh/root/lanyard/build/lanyard" "$folder/copied/usr/local/bin/lanyard"
in_root copied "$(cat tests/bare/binary.sh)"

say 'Run the installed modules with stock lua5.4'
in_root copied "$(readme 'apt-get install lua5.4')"
in_root fresh 'cd ~/lanyard; make install DESTDIR=/root/installed'
cp -a "$folder/fresh/root/installed/." "$folder/copied"
in_root copied "$(cat tests/bare/modules.sh)"

say "Run README's make test"
in_root fresh "cd ~/lanyard; $(readme 'make test')"
