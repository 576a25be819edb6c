// Pipelines are shared by training, scores at ten lengths, a chat and a batch of texts, since a first step waits for their
// compilation.
import assert from "node:assert/strict";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../src/model/mod.ts";
import { families } from "../support/device.ts";

for (const family of families) {
  Deno.test(`training, scoring at ten lengths, a chat and a batch of texts compile at most 60 pipelines (${family})`, async () => {
    const device = await openDevice({ family });
    const labels: string[] = [];
    const create = device.gpu.createComputePipeline.bind(device.gpu);
    device.gpu.createComputePipeline = (descriptor) => {
      labels.push(descriptor.label ?? "");
      return create(descriptor);
    };
    try {
      const shape = { dim: 64, layers: 2, heads: 4, hidden: 176, vocabSize: 1024, context: 256 };
      using model = await Model.create(shape, { device });
      const ids = (n: number) => Uint32Array.from({ length: n }, (_, i) => i * 37 % 1024);
      const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
      for (const save of ["linear", "block"] as const) {
        const step = await TrainingStep.create(model, { microBatch: 4, context: 256, save, ...options });
        step.run([{ ids: ids(256), targets: ids(256) }], 1, 1e-3);
        await step.read();
        step.dispose();
      }
      const training = labels.length;
      const lengths = [1, 9, 20, 31, 40, 63, 100, 127, 190, 250];
      await model.scoreBatch(lengths.map((n) => [ids(n), ids(3)]));
      const scoring = labels.length;
      for (const n of [7, 40, 90, 200]) await model.generate(ids(n), { maxTokens: 3 }).ids(); // a chat that grows
      const chat = labels.length;
      for (const n of [3, 20]) {
        await model.generateBatch(Array.from({ length: n }, (_, i) => ids(9 * i + 2)), { maxTokens: 3 });
      }
      console.log(
        `${family}: training ${training}, scoring ${scoring - training}, chat ${chat - scoring}, ` +
          `batch ${labels.length - chat}`,
      );
      assert.ok(training >= 15, "the count sees pipelines");
      assert.equal(new Set(labels).size, labels.length, `compiled twice: ${labels.join(", ")}`);
      assert.ok(labels.length <= 60, `${labels.length}: ${labels.join(", ")}`);
    } finally {
      device.close();
    }
  });
}
