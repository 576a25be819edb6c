/**
 * Runs recipes, the JSON that `trainer.toJSON()` gives, one after another on one device.
 *
 *     deno run -A examples/run.ts --recipe runs/books.json --model out/start
 *     deno run -A examples/run.ts --recipe a.json,b.json --data "books/*.txt" --resume
 *
 * @module
 */
import { ConfigError, Dataset, Model, Tokenizer } from "@llamero/sdk";
import { type Recipe, trainerOf } from "@llamero/sdk/train";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { runMain } from "./cli/main.ts";

const flags = z.strictObject({
  recipe: z.string().describe("file of a recipe, or several separated by commas, which run in turn"),
  model: z.string().default("").describe(
    "folder of the model to train; default: a new model of the recipe's shape",
  ),
  tokenizer: z.string().default("").describe(
    "folder of a new model's tokenizer; default: one trained on --data",
  ),
  data: z.string().default("").describe(
    "text files on which a new tokenizer is trained; default: Moby Dick",
  ),
  log: z.string().default("").describe(
    "log of every event, a file of JSON lines: jsonl for events.jsonl in each recipe's folder of checkpoints, or a path " +
      "that ends in .jsonl",
  ),
  resume: z.boolean().default(false).describe("continue from the newest checkpoint of each recipe"),
});
const options = await readFlags(flags, "run", "Trains models by recipes.");

await runMain(async () => {
  const started = [];
  for (const file of options.recipe.split(",")) started.push(await start(file));
  let failed = 0;
  for (const { file, run } of started) {
    try {
      const { status, checkpoint = "no checkpoint" } = await run.finished;
      console.log(
        `${file}: ${status}, ${checkpoint}${status === "stopped" ? "; go on with --resume" : ""}\n`,
      );
    } catch (error) {
      failed++;
      console.error(`${file}: ${(error as Error).message}`);
    }
  }
  return failed ? 1 : 0;
});

async function start(file: string) {
  const recipe = await readRecipe(file);
  const { name, config } = recipe.model;
  const path = options.model || recipe.model.path;
  const model = path ? await Model.load(path) : await Model.create(config, {
    name,
    tokenizer: await tokenizerFor(config.vocabSize),
    seed: recipe.seed,
  });
  const { log } = options;
  const trainer = trainerOf(recipe, model, { ...(log && { log }) });
  console.log(`${file}\n${trainer}\n`);
  return { file, run: options.resume ? trainer.resume() : trainer.run() };
}

async function readRecipe(file: string): Promise<Recipe> {
  const refuse = (why: string, cause?: unknown) =>
    new ConfigError(`Cannot read the recipe ${file}: ${why}. JSON.stringify(trainer) gives one`, { cause });
  let recipe: Recipe | undefined;
  try {
    recipe = JSON.parse(await Deno.readTextFile(file));
  } catch (cause) {
    throw refuse(
      cause instanceof SyntaxError ? `it is not JSON, ${cause.message}` : "no such file can be read",
      cause,
    );
  }
  if (recipe?.model?.config) return recipe;
  throw refuse("it has no model.config");
}

async function tokenizerFor(vocabSize: number): Promise<Tokenizer> {
  if (options.tokenizer) return await Tokenizer.load(options.tokenizer);
  return await Tokenizer.train(options.data ? Dataset.text(options.data) : Dataset.sample("moby-dick"), {
    vocabSize,
  });
}
