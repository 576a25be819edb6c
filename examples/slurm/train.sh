#!/usr/bin/env bash
# Trains one model on all GPUs of a Slurm job, and goes on in a new job until the run is done.
#
#     sbatch examples/slurm/train.sh --data "corpus/clean/*.jsonl.zst" --out runs/first
#
#SBATCH --job-name=train
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=USR2@120
set -euo pipefail

# Slurm copies the script to a folder of its own: the paths are those of the folder that sbatch was called in.
cd "${SLURM_SUBMIT_DIR:-.}"
out=runs/train
for ((i = 1; i < $#; i++)); do
  if [ "${!i}" = --out ]; then
    next=$((i + 1))
    out=${!next}
  fi
done

# 120 seconds before the end, SIGUSR2 reaches each rank, which is a Stop: a checkpoint, and exit code 0.
srun --mpi=pmix --kill-on-bad-exit=1 deno run -A examples/slurm/train.ts "$@"
[ -e "$out/done" ] || scontrol requeue "$SLURM_JOB_ID"
