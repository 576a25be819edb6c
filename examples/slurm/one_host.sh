#!/usr/bin/env bash
# Runs the jobs of examples/slurm/corpus.ts on this machine, as many processes at a time as there are parts.
#
#     bash examples/slurm/one_host.sh 4 --data "raw/*.jsonl" --out corpus --by near
#
# Run again with the same arguments after a failure: what is done is skipped.
set -euo pipefail

parts=${1:?usage: one_host.sh PARTS [options of corpus.ts]}
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

# Processes in the background do not hear Ctrl-C, so the script ends them.
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM

jobs=$(deno run -A "$here/corpus.ts" --list "$@")
while read -r job most; do
  count=$parts
  [ "$most" = 1 ] && count=1
  running=()
  for ((part = 0; part < count; part++)); do
    deno run -A "$here/corpus.ts" --job "$job" --part "$part" --of "$count" "$@" &
    running+=($!)
  done
  failed=0
  for process in "${running[@]}"; do wait "$process" || failed=$((failed + 1)); done
  if [ "$failed" -gt 0 ]; then
    echo "$failed of $count parts of the job $job have failed" >&2
    exit 1
  fi
done <<<"$jobs"
