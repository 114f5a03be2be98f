#!/bin/sh
# Test the command under the name that it is released with, pack it, and install it for this user.
set -eu
version=$1
folder="share-$version"
mkdir -p "$folder/spec"
sed 's/7-share/share/g' 7-share.lua > "$folder/share.lua"
sed 's/7-share/share/g' 9-share_spec.lua > "$folder/spec/share_spec.lua"
cp seed.lua "$folder/spec/"
cp 3-who.lua 8-rules.lua "$folder/"
lanyard test "$folder"
lanyard rules test "$folder/8-rules.lua"
tar -czf "$folder.tar.gz" "$folder"
mkdir -p ~/.config/lanyard/scripts
cp "$folder/share.lua" ~/.config/lanyard/scripts/
lanyard help share | head -n 1
