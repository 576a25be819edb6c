/**
 * Runs recipes, the JSON of `trainer.toJSON()`: one after another, since all train on one device.
 *
 *     deno run -A examples/run.ts --recipe runs/books.json --model out/start
 *     deno run -A examples/run.ts --recipe a.json,b.json --data "books/*.txt" --resume
 *
 * @module
 */
import { Dataset, Model, Tokenizer } from "@llamero/sdk";
import { type Recipe, trainerOf } from "@llamero/sdk/train";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";

const flags = z.strictObject({
  recipe: z.string().describe("file of a recipe, or several with commas between; they queue"),
  model: z.string().default("").describe(
    "folder of the model to begin from; without it a new one of the recipe's shape",
  ),
  tokenizer: z.string().default("").describe(
    "folder of a new model's tokenizer; without it one is trained on --data",
  ),
  data: z.string().default("").describe(
    "text files that a new tokenizer is trained on; without it: Moby Dick",
  ),
  resume: z.boolean().default(false).describe("go on from the newest checkpoint of each recipe"),
});
const o = await readFlags(flags, "run", "Trains what recipes say.");

async function start(file: string) {
  const recipe: Recipe = JSON.parse(await Deno.readTextFile(file));
  const { name, config } = recipe.model;
  const path = o.model || recipe.model.path;
  const model = path ? await Model.load(path) : await Model.create(config, {
    name,
    tokenizer: await tokenizerFor(config.vocabSize),
    seed: recipe.seed,
  });
  const trainer = trainerOf(recipe, model);
  console.log(`${file}\n${trainer}\n`);
  return { file, run: o.resume ? trainer.resume() : trainer.run() };
}

async function tokenizerFor(vocabSize: number): Promise<Tokenizer> {
  if (o.tokenizer) return await Tokenizer.load(o.tokenizer);
  return await Tokenizer.train(o.data ? Dataset.text(o.data) : Dataset.sample("moby-dick"), { vocabSize });
}

const started = [];
for (const file of o.recipe.split(",")) started.push(await start(file));
let failed = 0;
for (const { file, run } of started) {
  try {
    console.log(`${file}\n${await run.finished}\n`);
  } catch (error) {
    failed++;
    console.error(`${file}: ${(error as Error).message}`);
  }
}
Deno.exit(failed ? 1 : 0); // the GPU's threads would keep the process
