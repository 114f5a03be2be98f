#!/bin/sh
# Starts Slurm with one node, this machine, in an empty FOLDER, and stays with it until its standard input ends:
#   slurm.sh FOLDER PORT PORT    prints "ready" when a job can be submitted with FOLDER/slurm.conf
set -eu
folder=$1 host=$(hostname -s)
mkdir "$folder/state" "$folder/spool"
head -c 1024 /dev/urandom > "$folder/munge.key"
chmod 400 "$folder/munge.key"
cat > "$folder/slurm.conf" << EOF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$2
SlurmdPort=$3
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
EOF
export SLURM_CONF="$folder/slurm.conf"
pids=
trap 'kill $pids 2> /dev/null; wait' EXIT
# Waits until a command succeeds.
until_ok() {
  n=0
  until "$@" > /dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 300 ] || { echo "slurm.sh: not ready: $*" >&2 && cat "$folder"/*.log >&2 && exit 1; }
    sleep 0.1
  done
}
munged --force --foreground --socket="$folder/munge.socket" --key-file="$folder/munge.key" \
  --pid-file="$folder/munged.pid" --seed-file="$folder/munged.seed" > "$folder/munged.log" 2>&1 &
pids=$!
until_ok test -S "$folder/munge.socket"
slurmctld -D > /dev/null 2>&1 &
pids="$pids $!"
slurmd -D -N "$host" > /dev/null 2>&1 &
pids="$pids $!"
idle() { sinfo --noheader --format=%t | grep -qx idle; }
until_ok idle
echo ready
cat > /dev/null
