// Resident memory over 2,000 steps of a small model, which on a software adapter includes its GPU buffers.
import assert from "node:assert/strict";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model, TrainingStep } from "../../src/model/mod.ts";

Deno.test("resident memory is flat over 2,000 steps", async () => {
  const device = await openDevice();
  const shape = { dim: 32, layers: 2, heads: 2, hidden: 48, vocabSize: 50, context: 16 };
  using model = await Model.create(shape, { device });
  const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 };
  const step = await TrainingStep.create(model, { microBatch: 2, context: 16, save: "all", ...options });
  const ids = Uint32Array.from({ length: 16 }, (_, i) => i * 7 % 50);
  const rows = [{ ids, targets: ids }];
  const buffers = device.memory().bytes;
  const seen: number[] = [];
  for (let n = 1; n <= 2000; n++) {
    step.run(rows, n, 1e-4);
    if (n % 50 === 0) await step.read();
    if (n % 250 === 0) seen.push(Deno.memoryUsage().rss / 1e6);
  }
  console.log(`resident, MB, every 250 steps: ${seen.map((mb) => mb.toFixed(0)).join(" ")}`);
  assert.equal(device.memory().bytes, buffers);
  assert.ok(
    seen.at(-1)! - seen[1] < 30,
    `grew by ${(seen.at(-1)! - seen[1]).toFixed(1)} MB over 1,500 steps`,
  );
  step.dispose();
  device.close();
});
