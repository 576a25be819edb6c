// The steady state of training: programs are replayed, nothing is allocated, nothing is awaited.
import assert from "node:assert/strict";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../src/model/mod.ts";

Deno.test("after the first step no buffer, bind group or pipeline is made, and nothing is awaited", async () => {
  const device = await openDevice();
  const made: string[] = [];
  const { gpu } = device;
  const shape = { dim: 32, layers: 2, heads: 2, hidden: 48, vocabSize: 50, context: 12 };
  using model = await Model.create(shape, { device });
  const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
  const step = await TrainingStep.create(model, { microBatch: 2, context: 12, save: "all", ...options });
  const ids = Uint32Array.from({ length: 12 }, (_, i) => i * 7 % 50);
  const row = { ids, targets: ids };
  step.run([row, row, row], 1, 1e-3);
  await step.read();
  const spied = ["createBuffer", "createBindGroup", "createComputePipeline", "createShaderModule"] as const;
  for (const name of spied) {
    const real = gpu[name].bind(gpu) as (descriptor: never) => unknown;
    Object.defineProperty(gpu, name, {
      value: (descriptor: never) => (made.push(name), real(descriptor)),
      configurable: true,
    });
  }
  for (let n = 2; n <= 20; n++) assert.equal(step.run([row, row, row], n, 1e-3), undefined, "no promise");
  assert.deepEqual(made, []);
  const records = await step.read();
  assert.deepEqual(records.map((record) => record.step), Array.from({ length: 19 }, (_, i) => i + 2));
  assert.deepEqual(made, ["createBuffer"], "the spy sees: reading the ring takes one buffer");
  step.dispose();
  device.close();
});
