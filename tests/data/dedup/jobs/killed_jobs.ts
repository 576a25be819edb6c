/**
 * A process that does one part of a job of deduplication and waits in the middle, there to be killed.
 *
 * @module
 */
import { Dataset } from "../../../../src/data/dataset.ts";
import { DedupJobs, type JobReport } from "../../../../src/data/dedup/jobs/dedup_jobs.ts";

/** Performs all of the job "signatures"; `told` is told the key of every record. */
export function signatures(folder: string, told: (key: string) => void = () => {}): Promise<JobReport> {
  const pages = Dataset.jsonl(`${folder}/in/*.jsonl`, { text: "text" }).map((document) => {
    told(String(document.meta?.key));
    return document;
  }, { name: "told", version: 1 });
  return new DedupJobs(pages, `${folder}/jobs`, { by: "near", ranges: 9 })
    .run("signatures", { part: 0, of: 1, workers: 0 });
}

if (import.meta.main) {
  await signatures(Deno.args[0], (key) => {
    if (!key.startsWith("4.7")) return;
    console.log("far enough");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  });
}
