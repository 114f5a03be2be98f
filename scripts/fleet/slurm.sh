#!/bin/sh
# Audits in eight shards with an array of Slurm, and merges them in a job that starts when all have ended.
#
#     LANYARD_RUN=$(date -u +%Y%m%dt%H%M%S) LANYARD_REPORTS=/shared/reports slurm.sh [OPTION...]
#
# The options are for `lanyard audit`, for example --region all --assume-role audit --organization. The reports are in
# $LANYARD_REPORTS/$LANYARD_RUN, on a file system that all nodes share. --dependency=afterany starts the merge also if a
# shard has failed: it names the missing shard. Prints the number of the merge, whose exit status is that of
# `lanyard audit merge`.
set -eu

if [ "${LANYARD_STEP:-}" = shard ]; then # a task of the array
  exec lanyard audit --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --run-id "$LANYARD_RUN" \
    --output json --output-file "$LANYARD_REPORTS/$LANYARD_RUN/$SLURM_ARRAY_TASK_ID.json" "$@"
elif [ "${LANYARD_STEP:-}" = merge ]; then
  exec lanyard audit merge --run-id "$LANYARD_RUN" --fail-on high "$LANYARD_REPORTS/$LANYARD_RUN"
fi

export LANYARD_RUN="${LANYARD_RUN:?set an id for this run}" LANYARD_REPORTS="${LANYARD_REPORTS:?set a shared folder}"
folder=$LANYARD_REPORTS/$LANYARD_RUN
mkdir -p "$folder"
array=$(LANYARD_STEP=shard sbatch --parsable --job-name=lanyard-audit --array=1-8%4 --time=60 --export=ALL \
  --output="$folder/%a.log" "$0" "$@")
LANYARD_STEP=merge sbatch --parsable --job-name=lanyard-merge --dependency="afterany:$array" --time=10 --export=ALL \
  --output="$folder/merge.log" "$0"
