// Deduplication in jobs compared with the single process, over random corpora and all kinds of options.
import assert from "node:assert/strict";
import { Dataset } from "../../../../src/data/dataset.ts";
import { type DedupOptions, dedupSettings } from "../../../../src/data/dedup/dedup.ts";
import { ExactChain } from "../../../../src/data/dedup/jobs/exact_chain.ts";
import { writeFiles } from "../../../../src/data/dedup/jobs/job_files.ts";
import { jobUnits } from "../../../../src/data/dedup/jobs/job_units.ts";
import { NearChain } from "../../../../src/data/dedup/jobs/near_chain.ts";
import { unitsOf } from "../../../../src/data/parts/input_units.ts";
import { inFolder } from "../../../support/folder.ts";
import { writeCorpus } from "./made_corpus.ts";

async function inJobs(input: Dataset, folder: string, dedup: DedupOptions, of: number) {
  const units = jobUnits(input.plan, await unitsOf(input.plan));
  const settings = dedupSettings(dedup, "test");
  const common = { folder, ranges: 60, memory: 1 << 16 };
  const chain = "exact" in settings
    ? new ExactChain(units, settings.exact, common)
    : new NearChain(units, settings.near, common);
  for (const stage of chain.stages) {
    for (let part = 0; part < of; part++) await writeFiles(chain.files(stage, of), { part, of }, {});
  }
  const texts: string[] = [];
  for (const [i, unit] of units.entries()) {
    const pass = unit.pass({});
    for await (
      const { value } of chain.filter(unit.plan.open(pass) as never, i, pass.countsOf({}, "x"), pass)
    ) texts.push(value.text);
  }
  return texts;
}

const cases: DedupOptions[] = [
  { by: "document" },
  { by: "line" },
  { by: "paragraph" },
  { by: "line", keep: "none" },
  { by: "document", keep: "none" },
  { by: "paragraph", normalize: "ccnet", keep: "none", scope: 3 },
  { by: "near" },
  { by: "near", keep: "longest" },
  { by: "near", threshold: 0.5, measure: "containment" },
  { by: "near", threshold: 0.7, measure: "containment", keep: "longest", words: 3 },
];
for (const options of cases) {
  Deno.test(JSON.stringify(options), () =>
    inFolder(async (folder) => {
      for (let seed = 0; seed < 3; seed++) {
        const path = await writeCorpus(`${folder}/in`, seed, 7, 40);
        const input = Dataset.jsonl(path, { text: "text" });
        const single = (await input.dedup(options).toArray()).map(({ text }) => text);
        for (const  of of[1, 2, 5]) {
          assert.deepEqual(await inJobs(input, `${folder}/${seed}.${of}`, options, of), single);
        }
        console.log((await input.stats()).records, single.length);
      }
    }));
}
