/**
 * A run of pretraining and tuning for tests that kill it at any moment; started again, it resumes.
 *
 * Prints one line per step.
 *
 * @module
 */
import { Dataset } from "../../src/data/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Tokenizer } from "../../src/tokenizer/mod.ts";
import type { Trainer } from "../../src/train/mod.ts";
import { checkpointNames } from "../../src/train/checkpoints/checkpoint_folder.ts";
import { testDevice } from "../support/device.ts";
import { quiet } from "../train/support.ts";

const letters = [..."abcdefghijkl"];
const texts = letters.map((letter, i) => ({
  id: letter,
  text: `After ${letter} comes ${letters[(i + 2) % 12]} `.repeat(9),
}));
const chat = letters.map((letter, i) => ({
  prompt: `After ${letter} comes`,
  completion: letters[(i + 2) % 12],
}));

/** Makes the model before training. */
export async function beginning(): Promise<Model> {
  const tokenizer = await Tokenizer.train(texts, { vocabSize: 290 });
  const shape = { dim: 64, layers: 2, heads: 2, hidden: 128, vocabSize: 290, context: 40 };
  return await Model.create(shape, { tokenizer, device: await testDevice() });
}

/** Makes the trainer of the run. */
export function longRun(model: Model, checkpoint?: string): Trainer {
  return quiet(model, { checkpoint, keep: { last: 2, best: true } })
    .pretrain(Dataset.from(texts), {
      steps: 120,
      batchTokens: 320,
      learningRate: 3e-3,
      checkpointEvery: 9,
      validateEvery: 30,
    })
    .instruct(Dataset.from(chat).conversations(), { steps: 80, learningRate: 1e-3, validateEvery: 20 });
}

if (import.meta.main) {
  const [folder] = Deno.args;
  const trainer = longRun(await beginning(), folder);
  const run = checkpointNames(folder).length
    ? trainer.resume(folder, { display: false })
    : trainer.run({ display: false });
  for await (const { step } of run.events("step")) console.log(`step ${step}`);
  await run;
}
