#!/bin/sh
# Create a container service unless it exists, deploy one image to it, wait until its URL answers, and print the URL.
# sh create-and-deploy.sh SERVICE CONTAINER=IMAGE PORT [OPTION of lanyard deploy ...]
#
# IMAGE is REPOSITORY[:TAG] of this account's ECR, which is granted, or an image of another registry with its host.
# POWER, SCALE and SMOKE (default: nano, 1 and /) in the environment are the size of a new service, and the path that
# has to answer. A service that exists keeps its size. --dry-run shows what would be done.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
[ "$1" = --help ] && usage && exit 0
[ $# -ge 3 ] || { usage >&2; exit 2; }
service=$1 container=${2%%=*} image=$2 port=$3
shift 3

# Lightsail answers 503 or not at all for the first minutes of a new URL, so that the test has 5 minutes.
exec lanyard deploy "$service" "$image" --create --power "${POWER:-nano}" --scale "${SCALE:-1}" \
  --port "$container:$port:HTTP" --public "$container:$port" --smoke "${SMOKE:-/}" --smoke-timeout 5m "$@"
