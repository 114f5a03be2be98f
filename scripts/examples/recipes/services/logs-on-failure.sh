#!/bin/sh
# Deploy, and if that fails, save what the containers logged since the start in a file, and print its end.
# sh logs-on-failure.sh FILE SERVICE [CONTAINER=IMAGE ...] [OPTION of lanyard deploy ...]
#
# For a job of CI that keeps FILE. The exit status is the one of lanyard deploy. Lightsail adds log lines minutes late:
# WAIT (default: 60) in the environment is how many seconds to wait for them.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
[ "$1" = --help ] && usage && exit 0
[ $# -ge 3 ] || { usage >&2; exit 2; }
file=$1 service=$2 began=$(date +%s)
shift
lanyard deploy "$@"
status=$?
if [ "$status" -ne 1 ]; then # 0: it is active. 2, 4 and 130: the command line, a rule or Ctrl-C, which no log explains
  exit "$status"
fi

sleep "${WAIT:-60}"
if lanyard logs "$service" --since "$(($(date +%s) - began + 60))s" >"$file"; then
  echo "The end of $file:" >&2
  tail -n 50 "$file" >&2
else
  echo "The logs could not be read to their end; $file has what was read." >&2
fi
exit "$status"
