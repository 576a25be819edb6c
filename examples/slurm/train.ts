/**
 * Trains one model by as many processes as the launcher has started, and goes on from the newest checkpoint.
 *
 *     deno run -A examples/slurm/train.ts --help
 *     mpirun -n 4 deno run -A examples/slurm/train.ts --data "corpus/clean/*.jsonl.zst" --out runs/first
 *
 * @module
 */
import { Model, Tokenizer, Trainer } from "@llamero/sdk";
import { joinParts } from "@llamero/sdk/data";
import { z } from "zod";
import { readFlags } from "../cli/args.ts";
import { runMain } from "../cli/main.ts";

const flags = z.strictObject({
  data: z.string().default("corpus/clean/*.jsonl.zst").describe("shards that jobs have written in parts"),
  tokenizer: z.string().default("").describe("folder of a tokenizer; default: one trained on the data"),
  preset: z.string().default("1M").describe("size: nano, 1M, 5M, 15M, 50M, 110M, or one of the paper's"),
  vocabSize: z.int().min(260).default(2048).describe("size of a new tokenizer's vocabulary"),
  context: z.int().min(8).default(128).describe("tokens per sequence"),
  steps: z.int().min(1).default(500).describe("number of updates"),
  batchTokens: z.int().min(8).default(2048).describe("tokens per batch, of all processes together"),
  modelRanks: z.int().min(1).default(1).describe("processes that hold one copy of the model together"),
  lanes: z.int().min(1).optional().describe(
    "parts of a batch, a multiple of all later numbers of copies; default: copies",
  ),
  out: z.string().default("runs/train").describe(
    "folder of the checkpoints, on a disk that all machines see",
  ),
});
const options = await readFlags(flags, "train", "Trains one model by several processes.");
const { vocabSize, context, steps, batchTokens, lanes, out } = options;

await runMain(async () => {
  const { dataset } = await joinParts(options.data);
  const tokenizer = options.tokenizer
    ? await Tokenizer.load(options.tokenizer)
    : await Tokenizer.train(dataset, { vocabSize });
  const parallel = { model: options.modelRanks };
  const model = await Model.create(options.preset, { tokenizer, context, parallel });
  const trainer = new Trainer(model, { checkpoint: out, parallel: { lanes } })
    .pretrain(dataset, { steps, batchTokens });
  const result = await (hasCheckpoint() ? trainer.resume() : trainer.run());
  if (result.status === "done") await Deno.writeTextFile(`${out}/done`, "");
});

/** Returns true when the folder holds a checkpoint of this run. */
function hasCheckpoint(): boolean {
  try {
    return [...Deno.readDirSync(out)].some(({ name }) => name.startsWith("step-"));
  } catch {
    return false;
  }
}
