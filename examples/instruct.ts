/**
 * Instruction tuning of a saved model on conversations of one's own, with flags.
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

const flags = z.strictObject({
  model: z.string().describe("folder of the model to tune"),
  data: z.string().describe("JSON Lines with instruction and output, prompt and completion, or messages"),
  epochs: z.number().positive().default(3).describe("passes over the conversations"),
  batchTokens: z.int().min(8).optional().describe("tokens of a batch; 16 windows without it"),
  learningRate: z.number().positive().default(3e-5).describe("peak"),
  template: z.string().default("plain").describe("chat template: plain, llama-2, chatml, or Jinja"),
  mask: z.int().min(0).default(2).describe("conversations whose mask is shown before the training"),
  ask: z.string().default("").describe("what the model is asked before and after"),
  out: z.string().default("runs/instruct").describe("folder of the checkpoints"),
  resume: z.boolean().default(false).describe("go on from the newest checkpoint in --out"),
});
const o = await readFlags(flags, "instruct", "Tunes a model on conversations.");

const model = await Model.load(o.model);
const { epochs, learningRate, template, batchTokens } = o;
const trainer = new Trainer(model, { checkpoint: o.out, keep: { last: 2, best: true } })
  .instruct(Dataset.jsonl(o.data).conversations(), {
    epochs,
    learningRate,
    template,
    ...(batchTokens && { batchTokens }),
  });
if (o.mask) console.log(`${await trainer.maskPreview(o.mask)}\n`);
if (o.ask) console.log(`before: ${await model.generate(o.ask, { maxTokens: 60, temperature: 0 }).text()}\n`);
const result = await (o.resume ? trainer.resume() : trainer.run());
console.log(`\n${result}\n`);
if (o.ask) console.log(`after: ${await model.chat(o.ask, { maxTokens: 60, temperature: 0 }).text()}`);
Deno.exit(0); // the GPU's threads would keep the process
