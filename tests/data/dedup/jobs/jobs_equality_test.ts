// Deduplication in jobs compared with the single process: documents, order and counts, over random corpora.
import assert from "node:assert/strict";
import { Dataset } from "../../../../src/data/dataset.ts";
import type { DedupOptions } from "../../../../src/data/dedup/dedup.ts";
import { DedupJobs, type DedupJobsOptions } from "../../../../src/data/dedup/jobs/dedup_jobs.ts";
import { joinParts } from "../../../../src/data/join_parts.ts";
import type { DatasetStats } from "../../../../src/data/reports/stats.ts";
import { inFolder } from "../../../support/folder.ts";
import { writeCorpus } from "./made_corpus.ts";

/** Returns the counts of `dedup` and the totals, without what a single process alone counts. */
function countsOf({ records, bytes, steps }: DatasetStats): unknown {
  const { kept, dropped, notes: { "pairs compared": _, ...notes } } = steps.find(({ step }) =>
    /^dedup/.test(step)
  )!;
  return { records, bytes, kept, dropped, notes };
}

async function inJobs(
  input: Dataset,
  folder: string,
  options: DedupJobsOptions,
  of: number,
): Promise<{ documents: unknown[]; counts: unknown }> {
  const jobs = () => new DedupJobs(input, `${folder}/jobs`, options); // each part is a process of its own
  const parts = Array.from({ length: of }, (_, part) => part);
  for (const job of jobs().stages) {
    for (const part of parts) await jobs().run(job, { part, of, workers: 0 });
  }
  const path = `${folder}/out/pages-*.jsonl`;
  for (const part of parts.toReversed()) await jobs().write(path, { part, of, workers: 0 });
  const { dataset, stats } = await joinParts(path);
  return { documents: await dataset.toArray(), counts: countsOf(stats) };
}

async function compare(options: DedupOptions, jobs: DedupJobsOptions, seeds: number[], ofs: number[]) {
  await inFolder(async (folder) => {
    for (const seed of seeds) {
      const input = Dataset.jsonl(await writeCorpus(`${folder}/in`, seed, 7, 40), { text: "text" });
      const single = input.dedup(options);
      const documents = await single.toArray();
      const counts = countsOf(await single.stats());
      assert.ok(documents.length > 20 && documents.length < (await input.toArray()).length);
      for (const of of ofs) {
        const found = await inJobs(input, `${folder}/${seed}.${of}`, { ...options, ...jobs }, of);
        assert.deepEqual(found.counts, counts, `${of} parts`);
        assert.deepEqual(found.documents, documents, `${of} parts`);
      }
    }
  });
}

const small = { ranges: 9, memory: 1 << 16 };
const test = () =>
  Dataset.from([{ text: 'Line 3 of "many"\n\nx' }, { text: "first text" }], { name: "test" });

for (const by of ["document", "line", "paragraph"] as const) {
  Deno.test(`by ${by}: the documents and counts of one process, in 1, 2 and 5 parts`, async () => {
    await compare({ by }, small, [1], [1, 2, 5]);
    await compare({ by, normalize: "ccnet", keep: "none" }, small, [2], [2]);
    await compare({ by, keep: "none", scope: 2, against: test() }, small, [3], [2]);
    await compare({ by, scope: 3 }, { ranges: 1 }, [4], [3]);
    await compare({ by, normalize: "ccnet", against: test() }, { ranges: 40 }, [5], [2]);
  });
}

for (const keep of ["first", "longest"] as const) {
  Deno.test(`near, the ${keep} stays: the documents and counts of one process, in 1, 2 and 5 parts`, async () => {
    await compare({ by: "near", keep }, small, [1], [1, 2, 5]);
    await compare({ by: "near", keep, threshold: 0.6, words: 3 }, { ranges: 200 }, [2], [2]);
    await compare({ by: "near", keep, threshold: 0.9, measure: "containment", against: test() }, small, [3], [
      3,
    ]);
  });
}

Deno.test("a large file in ranges gives the documents of one process", () =>
  inFolder(async (folder) => {
    const input = Dataset.jsonl(await writeCorpus(`${folder}/in`, 6, 3, 90), { text: "text" });
    for (const options of [{ by: "line" }, { by: "near" }] as const) {
      const documents = await input.dedup(options).toArray();
      const found = await inJobs(
        input,
        `${folder}/${options.by}`,
        { ...options, ...small, unitBytes: 5000 },
        2,
      );
      assert.deepEqual(found.documents, documents);
    }
  }));
