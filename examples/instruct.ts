/**
 * Tunes a saved model on conversations in JSON Lines.
 *
 *     deno run -A examples/instruct.ts --help
 *     deno run -A examples/instruct.ts --model out/books --data chat.jsonl --out runs/chat
 *     deno run -A examples/instruct.ts --model out/books --data chat.jsonl --out runs/chat --resume
 *
 * @module
 */
import { Dataset, Model, Trainer } from "@llamero/sdk";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { meaning } from "./cli/help.ts";
import { runMain } from "./cli/main.ts";

const help = Trainer.help("instruct");
const flags = z.strictObject({
  model: z.string().describe("folder of the model to tune"),
  data: z.string().describe("JSON Lines with instruction and output, prompt and completion, or messages"),
  epochs: z.number().positive().default(3).describe(meaning(help, "epochs")),
  batchTokens: z.int().min(8).optional().describe(meaning(help, "batchTokens", true)),
  learningRate: z.number().positive().default(3e-5).describe(meaning(help, "learningRate")),
  template: z.string().default("plain").describe("chat template: plain, llama-2, chatml, or Jinja"),
  mask: z.int().min(0).default(2).describe("number of conversations whose mask is shown before training"),
  ask: z.string().default("").describe("question for the model before and after training"),
  out: z.string().default("runs/instruct").describe("folder of the checkpoints"),
  log: z.string().default("").describe(
    "log of every event, a file of JSON lines: jsonl for events.jsonl in --out, or a path that ends in .jsonl",
  ),
  resume: z.boolean().default(false).describe("continue from the newest checkpoint in --out"),
});
const options = await readFlags(flags, "instruct", "Tunes a model on conversations.");

await runMain(async () => {
  const model = await Model.load(options.model);
  const { epochs, learningRate, template, batchTokens, out, log } = options;
  const trainer = new Trainer(model, { checkpoint: out, keep: { last: 2, best: true }, ...(log && { log }) })
    .instruct(Dataset.jsonl(options.data).conversations(), {
      epochs,
      learningRate,
      template,
      ...(batchTokens && { batchTokens }),
    });
  if (options.mask) console.log(`${await trainer.maskPreview(options.mask)}\n`);
  if (options.ask) {
    console.log(`before: ${await model.generate(options.ask, { maxTokens: 60, temperature: 0 }).text()}\n`);
  }
  const { status } = await (options.resume ? trainer.resume() : trainer.run());
  if (status === "stopped") return console.log("\nGo on with the same command and --resume.");
  console.log(`\nThe model is in ${out}/instruct.`);
  if (options.ask) {
    console.log(`after: ${await model.chat(options.ask, { maxTokens: 60, temperature: 0 }).text()}`);
  }
});
