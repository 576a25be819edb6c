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
import { meaning, presetNames, presetRates } from "./cli/help.ts";
import { runMain } from "./cli/main.ts";

const help = Trainer.help("pretrain");
const flags = z.strictObject({
  data: z.string().default("").describe(
    "text files, one document each (a path or a glob); default: Moby Dick, which is downloaded once",
  ),
  preset: z.string().default("1M").describe(`size of the model: ${presetNames}`),
  vocabSize: z.int().min(260).default(2048).describe("size of the tokenizer's vocabulary, in tokens"),
  context: z.int().min(8).default(128).describe("tokens per sequence"),
  steps: z.int().min(1).default(500).describe("length of the training, in updates"),
  batchTokens: z.int().min(8).default(2048).describe(meaning(help, "batchTokens")),
  learningRate: z.number().positive().optional().describe(
    `${meaning(help, "learningRate")}; default: that of the preset, ${presetRates}`,
  ),
  save: z.enum(["all", "linear", "block"]).default("linear").describe(meaning(help, "save")),
  seed: z.int().default(42).describe("seed of every random draw"),
  out: z.string().default("runs/pretrain").describe("folder of the checkpoints"),
  log: z.string().default("").describe(
    "log of every event, a file of JSON lines: jsonl for events.jsonl in --out, or a path that ends in .jsonl",
  ),
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

  const { steps, batchTokens, save, learningRate, out, seed, log } = options;
  const trainer = new Trainer(model, { checkpoint: out, seed, ...(log && { log }) })
    .pretrain(corpus, { steps, batchTokens, save, ...(learningRate && { learningRate }) });
  const { status } = await (options.resume ? trainer.resume() : trainer.run());
  if (status === "stopped") return console.log("\nGo on with the same command and --resume.");
  console.log(`\nThe model is in ${out}/pretrain. It writes:\n`);
  console.log(await model.generate("The", { maxTokens: 60 }).text());
});
