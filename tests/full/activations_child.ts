/**
 * Makes equal training steps in its own process, runs each twice, and prints the growth of resident memory a step beside the
 * planned bytes. The first one is left out: compilers leave memory behind, of which the next one takes a part.
 *
 *     deno run -A tests/full/activations_child.ts LAYERS CONTEXT SAVE
 *
 * @module
 */
import { openDevice } from "../../src/gpu/mod.ts";
import { Model, type TrainingStepOptions } from "../../src/model/mod.ts";
import { TrainingStep } from "../../src/model/mod.ts";

const [layers, context, save] = [
  Number(Deno.args[0]),
  Number(Deno.args[1]),
  Deno.args[2] as TrainingStepOptions["save"],
];
const device = await openDevice();
const model = await Model.create({ dim: 256, layers, heads: 8, hidden: 704, vocabSize: 512 }, {
  context,
  device,
});
const options = {
  microBatch: 1,
  context,
  save,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
};
const ids = Uint32Array.from({ length: context }, (_, i) => i % 512);
const rows = [{ ids, targets: ids }];
const step = await trained();
const before = Deno.memoryUsage().rss;
const others = [await trained(), await trained(), await trained()];
const grown = (Deno.memoryUsage().rss - before) / others.length;
const { bytes } = model.plan({ tokens: 1, context, microBatch: 1, save }).facts;
console.log(
  JSON.stringify({
    grown,
    planned: bytes.activations + bytes.gradients + bytes.moments,
    activations: step.memory.bytes,
  }),
);

/** Makes a step and runs it twice. */
async function trained(): Promise<TrainingStep> {
  const step = await TrainingStep.create(model, options);
  for (let n = 1; n <= 2; n++) step.run(rows, n, 1e-4);
  await step.read();
  return step;
}
