// A hundred runs in one process: the device's accounting returns to its first value, and the process does not grow.
import assert from "node:assert/strict";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { Trainer } from "../../src/train/mod.ts";
import { Dataset } from "../../src/data/mod.ts";

Deno.test("GPU memory after 100 runs equals that after 1, and the process stays as large as it was", async () => {
  const device = await openDevice();
  const model = await Model.create({ dim: 32, layers: 2, heads: 2, vocabSize: 64 }, { context: 16, device });
  const rows = Array.from(
    { length: 16 },
    (_, r) => Uint32Array.from({ length: 17 }, (_, i) => (r * 7 + i * 3) % 64),
  );
  const once = () =>
    new Trainer(model).pretrain(Dataset.tokens(rows, { order: "given" }), {
      steps: 3,
      batchTokens: 64,
      validation: false,
    }).run();
  const resident = () => Deno.memoryUsage().rss / 1e6;
  await once();
  const after1 = device.memory();
  let after20 = 0;
  for (let n = 2; n <= 100; n++) {
    await once();
    if (n === 20) after20 = resident();
  }
  const after100 = device.memory();
  const grown = resident() - after20;
  console.log(
    `after 1 run ${after1.bytes} B, after 100 runs ${after100.bytes} B; resident memory grew ${
      grown.toFixed(1)
    } MB in 80 runs (bound 40 MB)`,
  );
  assert.deepEqual(after100.buffers, after1.buffers);
  assert.ok(grown < 40, `${grown} MB`);
  model.dispose();
  assert.equal(device.memory().bytes, 0);
  device.close();
});
