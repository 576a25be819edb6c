/**
 * Pretraining on text files of one's own, with flags.
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

const flags = z.strictObject({
  data: z.string().default("").describe(
    "text files, one document each (a path or a glob); without it: Moby Dick",
  ),
  preset: z.string().default("1M").describe("nano, 1M, 5M, 15M, 50M, 110M, or a size of the paper"),
  vocabSize: z.int().min(260).default(2048).describe("pieces of the tokenizer"),
  context: z.int().min(8).default(128).describe("tokens of a sequence"),
  steps: z.int().min(1).default(500).describe("updates"),
  batchTokens: z.int().min(8).default(2048).describe("tokens of a batch"),
  learningRate: z.number().positive().optional().describe("peak; the preset's own without it"),
  save: z.enum(["all", "linear", "block"]).default("linear").describe("what is kept for the backward pass"),
  seed: z.int().default(42).describe("decides every draw"),
  out: z.string().default("runs/pretrain").describe("folder of the checkpoints"),
  resume: z.boolean().default(false).describe("go on from the newest checkpoint in --out"),
});
const o = await readFlags(flags, "pretrain", "Pretrains a LLaMA on text files.");

const corpus = o.data ? Dataset.text(o.data) : Dataset.sample("moby-dick");
const tokenizer = await Tokenizer.train(corpus, { vocabSize: o.vocabSize });
const model = await Model.create(o.preset, { tokenizer, context: o.context, seed: o.seed });
console.log(`${model.summary().text}\n`);

const { steps, batchTokens, save, learningRate } = o;
const trainer = new Trainer(model, { checkpoint: o.out, seed: o.seed })
  .pretrain(corpus, { steps, batchTokens, save, ...(learningRate && { learningRate }) });
const result = await (o.resume ? trainer.resume() : trainer.run());
console.log(`\n${result}\n`);
if (result.status === "done") console.log(await model.generate("The", { maxTokens: 60 }).text());
