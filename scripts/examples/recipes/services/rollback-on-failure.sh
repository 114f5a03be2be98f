#!/bin/sh
# Deploy an image, test paths of the URL, and restore the version before if the deployment or a test fails.
# sh rollback-on-failure.sh SERVICE CONTAINER=IMAGE PATH[=CODES] ...
#
# Exit status: 0 the image is live; 1 it is not, and the version before is active; 3 somebody has to act at once:
# nothing was restored, or the end is unknown; 2, 4 and 130 as lanyard deploy. NOTIFY in the environment is a command
# that receives the sentence as its argument; SMOKE_TIMEOUT (default: 3m) is how long a test is repeated.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }
[ "$1" = --help ] && usage && exit 0
[ $# -ge 3 ] || { usage >&2; exit 2; }
service=$1 image=$2
shift 2
for path; do
  shift
  set -- "$@" --smoke "$path"
done

# --resolve: a version names digests, so that the version before runs the same bytes again although a tag was moved.
kept=$(lanyard deploy "$service" "$image" --resolve "$@" --smoke-timeout "${SMOKE_TIMEOUT:-3m}" --rollback \
  --output text --query 'rollback.result || result')
status=$?
case "$status $kept" in
0*) text="$service runs $image" ;;
"1 restored" | "1 still active") text="$service does not run $image: the version before is active" ;;
"1 " | "1 not deployed") text="$service does not run $image: nothing was deployed" ;;
1*) status=3 text="$service does not run $image, and was not restored: lanyard status $service" ;;
*) exit "$status" ;;
esac
echo "$text"
${NOTIFY:-:} "$text" || echo "the notification failed" >&2
exit "$status"
