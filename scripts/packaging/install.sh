#!/bin/sh
# Installs files, and removes exactly what it installed.
#   install.sh install ROOT LIST MODE:SOURCE:TARGET...
#   install.sh uninstall ROOT LIST
# TARGET and LIST are absolute paths below ROOT, which may be empty. LIST names the installed files and the folders that
# were made for them; a second installation replaces it, and removes the files that only the first one had. Without a
# LIST (a package manager has its own) nothing is recorded.
set -eu
command=$1
root=$2
list=$3
shift 3

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

# Prints the folders above a path that do not exist, the outermost first.
missing_folders() {
  folder=${1%/*}
  [ -z "$folder" ] || [ -d "$root$folder" ] || {
    missing_folders "$folder"
    echo "$1" | sed 's,/[^/]*$,/,'
  }
}

# Removes the files and empty folders of a list. A folder that still contains something stays.
remove() { # FILE_WITH_LIST
  damaged=$(grep -F '..' "$1" | head -n 1)
  [ -z "$damaged" ] || fail "$list is damaged: $damaged"
  grep '^/.*[^/]$' "$1" | while IFS= read -r path; do
    printf '%s\0' "$root$path"
  done | xargs -0 -r rm -f --
  grep '/$' "$1" | LC_ALL=C sort -r | while IFS= read -r path; do
    [ ! -d "$root$path" ] || rmdir -- "$root$path" 2> /dev/null || true
  done
}

if [ "$command" = uninstall ]; then
  [ -f "$root$list" ] || fail "nothing is installed: there is no $root$list"
  names=$(mktemp)
  trap 'rm -f "$names"' EXIT
  cat "$root$list" > "$names"
  remove "$names"
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/old"
[ -z "$list" ] || [ ! -f "$root$list" ] || cat "$root$list" > "$work/old"
for entry in "$@" ${list:+"644::$list"}; do
  echo "${entry##*:}"
done | LC_ALL=C sort > "$work/new"

# What the last installation made goes first, except the files that are replaced.
LC_ALL=C sort "$work/old" | LC_ALL=C comm -23 - "$work/new" > "$work/stale"
remove "$work/stale"
grep '/$' "$work/stale" | while IFS= read -r path; do
  [ ! -d "$root$path" ] || echo "$path"
done > "$work/folders"
while IFS= read -r target; do
  echo "${target%/*}/"
done < "$work/new" | LC_ALL=C sort -u > "$work/needed"
while IFS= read -r place; do
  [ -d "$root$place" ] || {
    missing_folders "$place"
    install -d "$root$place"
  }
done < "$work/needed" >> "$work/folders"
LC_ALL=C sort -u -o "$work/new" "$work/new" "$work/folders"

# A file that keeps its name is installed together with the others of its mode and folder, which takes one process.
tab=$(printf '\t')
for entry in "$@"; do
  mode=${entry%%:*}
  source=${entry#*:}
  source=${source%:*}
  target=${entry##*:}
  echo "$target" >> "$work/targets"
  if [ "${source##*/}" = "${target##*/}" ]; then
    echo "$mode$tab${target%/*}/$tab$source" >> "$work/same"
  else
    install -m "$mode" "$source" "$root$target"
  fi
done
: >> "$work/same"
LC_ALL=C sort -o "$work/same" "$work/same"
into=
set --
while IFS=$tab read -r mode folder source; do
  if [ "$mode$folder" != "$into" ] && [ $# -gt 0 ]; then
    install -m "${into%%/*}" "$@" "$root/${into#*/}"
    set --
  fi
  into=$mode$folder
  set -- "$@" "$source"
done < "$work/same"
[ $# = 0 ] || install -m "${into%%/*}" "$@" "$root/${into#*/}"

# The folders, and how many files are in each: the ones below a folder lanyard are counted there.
sed -e 's,/[^/]*$,,' -e 's,/lanyard/.*,/lanyard,' "$work/targets" | LC_ALL=C sort | uniq -c \
  | while read -r number folder; do
    files=files
    [ "$number" != 1 ] || files='file'
    echo "install  $root$folder ($number $files)"
  done
[ -z "$list" ] || install -m 644 "$work/new" "$root$list"
