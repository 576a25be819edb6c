import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { openDevice } from "../../../src/gpu/mod.ts";
import { Model } from "../../../src/model/mod.ts";
import { half, testDevice } from "../../support/device.ts";

const shape = { dim: 36, layers: 2, heads: 3, hidden: 52, vocabSize: 53, context: 11 };
const ids = [3, 1, 4, 1, 5];

for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
  Deno.test(`a checkpoint's weights come back bit for bit, on the same device and on another, ${dtype}`, async () => {
    const folder = await Deno.makeTempDir();
    const here = await testDevice();
    const there = await openDevice();
    try {
      using written = await Model.create(shape, { dtype, device: here, seed: 1 });
      await written.save(folder);
      using model = await Model.create(shape, { dtype, device: here, seed: 2 });
      const want = await written.logits(ids);
      const held = here.memory().bytes;
      const parameters = await written.parameters();
      assert.notDeepEqual(await model.logits(ids), want);
      await model.restore(folder);
      assert.deepEqual(await model.logits(ids), want);
      const before = here.memory().bytes - held;
      await model.restore(folder, { device: there });
      assert.equal(model.device, there);
      assert.ok(here.memory().bytes < held + before, "what it held is given back");
      assert.deepEqual(await model.parameters(), parameters);
      assert.deepEqual(await model.logits(ids), want);
      await Deno.writeTextFile(`${folder}/model.safetensors`, "cut");
      await assert.rejects(model.restore(folder), FormatError);
    } finally {
      await Deno.remove(folder, { recursive: true });
      there.close();
    }
  });
}
