#!/bin/sh
# Runs the audit of kubernetes.yaml once, waits for it, and prints the merged report.
#
#     kubernetes.sh [RUN]     an id for the run: letters, digits and -; the time by default
#
# `kubectl wait` waits for one condition, and so would wait an hour for the completion of a Job that has failed. This
# script waits for either end; both Jobs have a deadline. The merge runs in any case and names the shards that failed.
# Exit status: that of `lanyard audit merge`, so 0 no finding; 3 a finding; 1 a shard is missing and the others
# have no finding.
set -eu

run=${1:-$(date -u +%Y%m%dt%H%M%S)}
case $run in
  '' | *[!a-z0-9-]* | -* | *-)
    echo "kubernetes.sh: the id of a run has letters, digits and - (not first or last): $run" >&2
    exit 2
    ;;
esac
interval=${LANYARD_POLL_SECONDS:-5}

# Waits until a Job has ended, and prints how.
wait_for() {
  while :; do
    state=$(kubectl get "job/$1" --output 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case " $state " in
      *' Complete '*) echo "$1: complete" && return ;;
      *' Failed '*) echo "$1: failed" && return ;;
    esac
    sleep "$interval"
  done
}

sed "s/RUN/$run/g" "$(dirname "$0")/kubernetes.yaml" | kubectl apply --filename -
wait_for "lanyard-audit-$run"
kubectl patch "job/lanyard-merge-$run" --patch '{"spec":{"suspend":false}}'
wait_for "lanyard-merge-$run"
kubectl logs "job/lanyard-merge-$run"
# Without a number, the container never ran, for example because the image is missing.
status=$(kubectl get pods --selector "batch.kubernetes.io/job-name=lanyard-merge-$run" \
  --output 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}')
exit "${status:-1}"
