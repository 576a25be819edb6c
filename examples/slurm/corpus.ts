/**
 * Jobs that make one corpus of many files, each job done by many processes that share a folder.
 *
 *     deno run -A examples/slurm/corpus.ts --help
 *     deno run -A examples/slurm/corpus.ts --list --by near
 *     deno run -A examples/slurm/corpus.ts --job prepare --data "raw/*.jsonl" --part 0 --of 4
 *
 * @module
 */
import { Dataset } from "@llamero/sdk";
import { DedupJobs, joinParts } from "@llamero/sdk/data";
import { z } from "zod";
import { readFlags } from "../cli/args.ts";
import { runMain } from "../cli/main.ts";

const flags = z.strictObject({
  job: z.string().default("").describe("job to do a part of; --list names them in their order"),
  list: z.boolean().default(false).describe(
    "print the jobs, and the number of parts that each may have, and end",
  ),
  data: z.string().default("raw/*.jsonl").describe("files of JSON Lines (a path or a glob)"),
  text: z.string().default("text").describe("field of the files that holds the text"),
  out: z.string().default("corpus").describe("folder of the corpus, on a disk that all machines see"),
  by: z.enum(["document", "paragraph", "line", "near"]).default("document").describe("repetitions to remove"),
  ranges: z.int().min(1).default(256).describe("ranges of hashes, the most parts of the jobs between"),
  part: z.int().min(0).optional().describe(
    "part to do, from 0; default: this task of the array, or this rank",
  ),
  of: z.int().min(1).optional().describe("number of parts; default: of tasks, or of ranks"),
});
const options = await readFlags(flags, "corpus", "Makes a corpus by many processes.");
const { job, out, by, ranges, part = "auto", of } = options;
const prepared = `${out}/prepared/*.jsonl.zst`;
const clean = `${out}/clean/*.jsonl.zst`;

/** Writes the documents of one part after the steps that judge each document alone. */
async function prepare(): Promise<unknown> {
  const pages = Dataset.jsonl(options.data, { text: options.text });
  return await pages.clean({ badWords: false }).write(prepared, { part, of });
}

/** Makes the jobs that remove repetitions from what all parts have prepared. */
async function dedupJobs(): Promise<DedupJobs> {
  const { dataset } = await joinParts(prepared);
  return new DedupJobs(dataset, `${out}/dedup`, { by, ranges });
}

const between = by === "near"
  ? ["signatures", "buckets", "clusters", "removals"]
  : ["signatures", "removals"];
const jobs = ["prepare", ...between, "filter", "join"];
await runMain(async () => {
  if (options.list) {
    const single = ["clusters", "join"];
    for (const name of jobs) console.log(name, single.includes(name) ? "1" : "many");
  } else if (job === "prepare") console.log(String(await prepare()));
  else if (job === "filter") console.log(String(await (await dedupJobs()).write(clean, { part, of })));
  else if (job === "join") console.log(String(await joinParts(clean)));
  else if (between.includes(job)) console.log(job, await (await dedupJobs()).run(job, { part, of }));
  else {
    console.error(`Cannot do the job ${job || "(none)"}: the jobs are ${jobs.join(", ")}`);
    return 2;
  }
});
