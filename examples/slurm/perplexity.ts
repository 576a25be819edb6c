/**
 * Jobs that keep the likely pages of many files: a first pass measures all pages, and a second one keeps those below the
 * perplexities that the first has found. Which pages stay does not depend on the number of parts.
 *
 *     deno run -A examples/slurm/perplexity.ts --help
 *     deno run -A examples/slurm/perplexity.ts --job model --good "good/*.jsonl"
 *     sbatch --array=0-99 --wrap 'deno run -A examples/slurm/perplexity.ts --job measure --data "raw/*.wet.gz"'
 *     sbatch --array=0-99 --wrap 'deno run -A examples/slurm/perplexity.ts --job keep --data "raw/*.wet.gz"'
 *     deno run -A examples/slurm/perplexity.ts --job join
 *
 * @module
 */
import { Dataset, Tokenizer } from "@llamero/sdk";
import { joinParts, measurePerplexity, NgramModel, perplexityCutoffs } from "@llamero/sdk/data";
import { z } from "zod";
import { readFlags } from "../cli/args.ts";
import { runMain } from "../cli/main.ts";

const flags = z.strictObject({
  job: z.enum(["model", "measure", "keep", "join"]).describe("job to do, or to do a part of"),
  good: z.string().default("good/*.jsonl").describe("JSON Lines of good texts, for the language model"),
  data: z.string().default("raw/*.wet.gz").describe("CommonCrawl's WET files (a path or a glob)"),
  vocab: z.int().min(1).default(4096).describe("pieces of the language model's tokenizer"),
  out: z.string().default("pages").describe("folder of the pages, on a disk that all machines see"),
  part: z.int().min(0).optional().describe(
    "part to do, from 0; default: this task of the array, or this rank",
  ),
  of: z.int().min(1).optional().describe("number of parts; default: of tasks, or of ranks"),
});
const { job, good, data, vocab, out, part = "auto", of } = await readFlags(
  flags,
  "perplexity",
  "Keeps the likely pages of many files.",
);
const measured = `${out}/perplexity-*.json`;
const kept = `${out}/kept-*.jsonl.zst`;

/** Loads the model of the job `model`. */
async function loadModel(): Promise<NgramModel> {
  return await NgramModel.load(`${out}/good.ngrams`, { tokenizer: await Tokenizer.load(`${out}/tokenizer`) });
}

await runMain(async () => {
  if (job === "model") {
    const texts = Dataset.jsonl(good, { text: "text" });
    const tokenizer = await Tokenizer.train(texts, { vocabSize: vocab });
    await tokenizer.save(`${out}/tokenizer`);
    await (await NgramModel.trainOn(texts, { tokenizer })).save(`${out}/good.ngrams`);
  } else if (job === "measure") {
    // The pages as they reach the filter. Paragraphs are compared in groups of 50 files, each of which is done by one part.
    const pages = Dataset.commonCrawl(data);
    console.log(String(await measurePerplexity(pages, measured, { model: await loadModel(), part, of })));
  } else if (job === "keep") {
    const cutoffs = await perplexityCutoffs(measured);
    const pages = Dataset.commonCrawl(data, { languageModel: await loadModel(), cutoffs });
    console.log(String(await pages.write(kept, { part, of, rejects: `${out}/rejects-*.jsonl.gz` })));
  } else console.log(String(await joinParts(kept)));
});
