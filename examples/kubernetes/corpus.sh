#!/usr/bin/env bash
# Runs the jobs of examples/slurm/corpus.ts on Kubernetes, one indexed job after the other. The volume claim "corpus"
# (ReadWriteMany) holds this repository and the data, and is the folder in which the jobs run.
#
#     bash examples/kubernetes/corpus.sh 100 --data "raw/*.jsonl" --out corpus --by near
#
# With DRY_RUN=1 it prints what it would apply.
set -euo pipefail

parts=${1:?usage: corpus.sh PARTS [options of corpus.ts]}
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
arguments=
for argument in "$@"; do
  escaped=${argument//\\/\\\\}
  arguments+="\"${escaped//\"/\\\"}\", "
done

jobs=$(deno run -A "$here/../slurm/corpus.ts" --list "$@")
while read -r job most; do
  count=$parts
  [ "$most" = 1 ] && count=1
  text=$(<"$here/corpus.yaml")
  text=$(grep -v '^#' <<<"$text")
  text=${text//JOB/$job}
  text=${text//PARTS/$count}
  text=${text//ARGUMENTS/"${arguments%, }"}
  if [ -n "${DRY_RUN:-}" ]; then
    printf -- '---\n%s\n' "$text"
    continue
  fi
  kubectl delete job "corpus-$job" --ignore-not-found
  kubectl apply -f - <<<"$text"
  kubectl wait --for=condition=complete --timeout=-1s "job/corpus-$job" &
  complete=$!
  kubectl wait --for=condition=failed --timeout=-1s "job/corpus-$job" &
  failed=$!
  wait -n "$complete" "$failed"
  if ! kubectl get "job/corpus-$job" -o 'jsonpath={.status.conditions[?(@.type=="Complete")].status}' | grep -q True; then
    kill "$complete" "$failed" 2>/dev/null || true
    echo "corpus-$job has failed: kubectl logs job/corpus-$job" >&2
    exit 1
  fi
  kill "$complete" "$failed" 2>/dev/null || true
done <<<"$jobs"
