/**
 * Trains the model that the notebooks look into, once, and keeps it in the cache.
 *
 *     deno task notebook-model
 *
 * A run that was stopped goes on where it was.
 *
 * @module
 */
import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
import { duration, number, plural } from "@llamero/sdk/display";
import { z } from "zod";
import { readFlags } from "./cli/args.ts";
import { runMain } from "./cli/main.ts";
import { isThere, modelFolder, recipe, textsOf } from "./notebook_model/recipe.ts";

await readFlags(
  z.strictObject({}),
  "notebook-model",
  "Trains the model that the notebooks look into, once, and keeps it in the cache (LLAMERO_HOME).",
);

await runMain(async () => {
  const folder = await modelFolder();
  if (await isThere(folder)) {
    console.log(`The model is there: ${folder}`);
    return;
  }
  const { shape, vocabSize, context, training } = recipe;
  const { steps, batchTokens } = training;
  const { train, heldOut } = textsOf(Dataset.sample(recipe.sample));
  const tokenizer = await Tokenizer.train(train, { vocabSize });
  const model = await Model.create(shape, { tokenizer, context, name: "notebook model" });
  const plan = await model.plan({ tokens: steps * batchTokens, batchTokens }).measure();
  const { seconds } = plan.facts;
  console.log(
    `Trains a LLaMA on Moby Dick in ${plural(steps, "step")}: about ${
      duration(seconds ?? NaN)
    } on this device.\n` +
      `Ctrl-C saves; the same command goes on. The model will be in ${folder}\n`,
  );
  const checkpoint = `${folder}.run`;
  const trainer = new Trainer(model, { checkpoint, keep: 1 })
    .pretrain(train, { ...training, validation: heldOut.take(2), validateEvery: 400, checkpointEvery: 400 });
  const result = await (await isThere(checkpoint) ? trainer.resume() : trainer.run());
  if (result.status !== "done") return 130;
  const { loss } = await model.loss(heldOut);
  await model.save(`${folder}.part`);
  await Deno.rename(`${folder}.part`, folder);
  await Deno.remove(checkpoint, { recursive: true });
  console.log(`\nLoss on the held-out chapters: ${number(loss)} nats a token. The model is in ${folder}`);
});
