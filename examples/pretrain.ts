/**
 * Pretrains a new model on text files.
 *
 *     deno run -A examples/pretrain.ts --help
 *     deno run -A examples/pretrain.ts --data "books/*.txt" --preset 5M --steps 2000 --out runs/books
 *     deno run -A examples/pretrain.ts --data "books/*.txt" --preset 5M --steps 2000 --out runs/books --resume
 *
 * @module
 */
import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { runMain } from "./cli/main.ts";

const flags = z.strictObject({
  data: z.string().default("").describe(
    "text files, one document each (a path or a glob); default Moby Dick",
  ),
  preset: z.string().default("1M").describe("size: nano, 1M, 5M, 15M, 50M, 110M, or one of the paper's"),
  vocabSize: z.int().min(260).default(2048).describe("size of the tokenizer's vocabulary"),
  context: z.int().min(8).default(128).describe("tokens per sequence"),
  steps: z.int().min(1).default(500).describe("number of updates"),
  batchTokens: z.int().min(8).default(2048).describe("tokens per batch"),
  learningRate: z.number().positive().optional().describe("peak learning rate; default the preset's own"),
  save: z.enum(["all", "linear", "block"]).default("linear").describe(
    "activations kept for the backward pass",
  ),
  seed: z.int().default(42).describe("seed of every random draw"),
  out: z.string().default("runs/pretrain").describe("folder of the checkpoints"),
  resume: z.boolean().default(false).describe("continue from the newest checkpoint in --out"),
});
const options = await readFlags(flags, "pretrain", "Pretrains a LLaMA on text files.");

await runMain(async () => {
  Model.plan(options.preset, { tokens: 1 }); // refuses an unknown size before the tokenizer takes its time
  const corpus = options.data ? Dataset.text(options.data) : Dataset.sample("moby-dick");
  const tokenizer = await Tokenizer.train(corpus, { vocabSize: options.vocabSize });
  const model = await Model.create(options.preset, {
    tokenizer,
    context: options.context,
    seed: options.seed,
  });
  console.log(`${model.summary().text}\n`);

  const { steps, batchTokens, save, learningRate } = options;
  const trainer = new Trainer(model, { checkpoint: options.out, seed: options.seed })
    .pretrain(corpus, { steps, batchTokens, save, ...(learningRate && { learningRate }) });
  const result = await (options.resume ? trainer.resume() : trainer.run());
  console.log(`\n${result}\n`);
  if (result.status === "done") console.log(await model.generate("The", { maxTokens: 60 }).text());
});
