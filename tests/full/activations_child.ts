/**
 * Runs two training steps in its own process, and prints the growth of resident memory beside the planned bytes.
 *
 *     deno run -A tests/full/activations_child.ts LAYERS CONTEXT SAVE
 *
 * @module
 */
import { openDevice } from "../../src/gpu/mod.ts";
import { Model, type TrainingStepOptions } from "../../src/model/mod.ts";
import { stateOf } from "../../src/model/model_state.ts";
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
const step = await TrainingStep.create(model, {
  microBatch: 1,
  context,
  save,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
});
const ids = Uint32Array.from({ length: context }, (_, i) => i % 512);
const rows = [{ ids, targets: ids }];
await model.device.read([{ ...stateOf(model).trained!.chunks[0].range(), bytes: 4 }]); // a submission releases the weights' staging memory
const before = Deno.memoryUsage().rss;
for (let n = 1; n <= 2; n++) step.run(rows, n, 1e-4);
await step.read();
const grown = Deno.memoryUsage().rss - before;
const { bytes } = model.plan({ tokens: 1, context, microBatch: 1, save }).facts;
console.log(
  JSON.stringify({
    grown,
    planned: bytes.activations + bytes.gradients + bytes.moments,
    activations: step.memory.bytes,
  }),
);
