// Weights of a checkpoint in place of those that a model has, on its device and on another.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { openDevice } from "../../../src/gpu/mod.ts";
import { restoreModel } from "../../../src/model/lifecycle/load_model.ts";
import { Model } from "../../../src/model/mod.ts";
import { half, testDevice } from "../../support/device.ts";
import { inFolder } from "../../support/folder.ts";

const shape = { dim: 36, layers: 2, heads: 3, hidden: 52, vocabSize: 53, context: 11 };
const ids = [3, 1, 4, 1, 5];

for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
  Deno.test(`a checkpoint's weights come back bit for bit, on the same device and on another, ${dtype}`, () =>
    inFolder(async (folder) => {
      const here = await testDevice();
      const there = await openDevice();
      try {
        using written = await Model.create(shape, { dtype, device: here, seed: 1 });
        await written.save(folder);
        using model = await Model.create(shape, { dtype, device: here, seed: 2 });
        const want = await written.logits(ids);
        const parameters = await written.parameters();
        const both = here.memory().bytes;
        assert.notDeepEqual(await model.logits(ids), want);
        await restoreModel(model, folder);
        assert.deepEqual(await model.logits(ids), want);
        assert.equal(here.memory().bytes, both, "restoring takes no memory");
        await restoreModel(model, folder, { device: there });
        assert.equal(model.device, there);
        assert.ok(here.memory().bytes < both, "the model's memory on the first device is freed");
        assert.deepEqual(await model.parameters(), parameters);
        assert.deepEqual(await model.logits(ids), want);
        await Deno.writeTextFile(`${folder}/model.safetensors`, "cut");
        await assert.rejects(restoreModel(model, folder), FormatError);
      } finally {
        there.close();
      }
    }));
}
