#!/usr/bin/env bash
# Submits the jobs of examples/slurm/corpus.ts to Slurm, each an array that begins when the one before has ended well.
#
#     bash examples/slurm/corpus.sh 100 --data "raw/*.jsonl" --out corpus --by near
#
# A task that fails holds back what follows. Submit again with the same arguments: what is done is skipped. MEMORY is what
# a task may take (4G), LOGS the folder of the logs.
set -euo pipefail

parts=${1:?usage: corpus.sh PARTS [options of corpus.ts]}
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
logs=${LOGS:-logs}
mkdir -p "$logs"

jobs=$(deno run -A "$here/corpus.ts" --list "$@")
before=
while read -r job most; do
  last=$((parts - 1))
  [ "$most" = 1 ] && last=0
  command=$(printf '%q ' deno run -A "$here/corpus.ts" --job "$job" "$@")
  before=$(sbatch --parsable --job-name="$job" --array="0-$last" \
    ${before:+--dependency="afterok:$before" --kill-on-invalid-dep=yes} \
    --ntasks=1 --cpus-per-task=1 --mem="${MEMORY:-4G}" --time=12:00:00 --requeue \
    --output="$logs/$job-%a.log" --open-mode=append --wrap="exec $command")
  before=${before%%;*} # with several clusters the name of one stands behind the number
  echo "$job: job $before, tasks 0 to $last"
done <<<"$jobs"
