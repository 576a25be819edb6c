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

while read -r job most; do
  count=$parts
  [ "$most" = 1 ] && count=1
  running=()
  for ((part = 0; part < count; part++)); do
    deno run -A "$here/corpus.ts" --job "$job" --part "$part" --of "$count" "$@" &
    running+=($!)
  done
  for process in "${running[@]}"; do wait "$process"; done
done < <(deno run -A "$here/corpus.ts" --list "$@")
