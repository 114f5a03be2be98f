#!/bin/sh
# Audits in eight shards on one machine with GNU parallel, four at a time, and prints the merged report.
#
#     parallel.sh [OPTION...]     options of `lanyard audit`, for example --region all --assume-role audit --organization
#
# The reports are in the folder reports/RUN. A shard that fails runs a second time; the merge names the shards that
# are missing. Exit status: that of `lanyard audit merge`, so 0 no finding; 3 a finding; 1 a shard is missing and the
# others have no finding.
set -eu

run=${LANYARD_RUN:-$(date -u +%Y%m%dt%H%M%S)}
mkdir -p "reports/$run"
seq 8 | parallel --jobs 4 --retries 2 --quote \
  lanyard audit --shard '{}/8' --run-id "$run" --output json --output-file "reports/$run/{}.json" "$@" ||
  echo "parallel.sh: a shard failed" >&2
lanyard audit merge --run-id "$run" --fail-on high "reports/$run"
