#!/bin/sh
# Deploy what AWS's two files describe: FOLDER/containers.json, and FOLDER/public-endpoint.json if it exists.
# sh deploy-two-files.sh SERVICE FOLDER [CONTAINER=IMAGE ...] [OPTION of lanyard deploy ...]
#
# CONTAINER=IMAGE replaces the image of a container in the file, such as app=web:$CI_COMMIT_SHA, so that no job has to
# edit the file. Without public-endpoint.json, the service has no public endpoint afterwards.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
[ "$1" = --help ] && usage && exit 0
[ $# -ge 2 ] || { usage >&2; exit 2; }
service=$1 folder=$2
shift 2
if [ ! -f "$folder/containers.json" ]; then
  echo "$folder/containers.json does not exist" >&2
  exit 1
fi

if [ -e "$folder/public-endpoint.json" ]; then
  set -- --public-endpoint "file://$folder/public-endpoint.json" "$@"
else
  set -- --no-public "$@"
fi
exec lanyard deploy "$service" --containers "file://$folder/containers.json" "$@"
