// Models whose tables, layers and logits exceed what a device binds, compared bit for bit with a device that binds them whole:
// logits, gradients of every policy, updates, files, texts, scores, adapters. tests/full/ranges_test.ts has more shapes.
import assert from "node:assert/strict";
import type { ModelShape } from "../../src/model/mod.ts";
import { families, lowDevice, testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { goldenPath } from "../support/golden.ts";
import { type Observed, observeModel, type Source } from "./observe_model.ts";

const untied: ModelShape = {
  dim: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  hidden: 176,
  vocabSize: 600,
  context: 32,
};

/** The models, and the largest binding at which their widest matrices and activations are cut, and no attention is. */
const models: Record<string, [Source, number]> = {
  "golden model A": [goldenPath("A"), 18_432],
  "golden model B": [goldenPath("B"), 18_432],
  untied: [untied, 2 ** 16],
  tied: [{ ...untied, tieEmbeddings: true }, 2 ** 16],
};

/** Compares all but the numbers of calls, which are larger where matrices were cut. */
function assertSame(got: Observed, want: Observed): void {
  for (const [name, value] of want) {
    if (name.startsWith("calls")) {
      assert.ok(Number(got.get(name)) > Number(value), `${name}: ${got.get(name)}, uncut ${value}`);
    } else assert.deepEqual(got.get(name), value, name);
  }
}

for (const [name, [source, maxStorageBufferBindingSize]] of Object.entries(models)) {
  for (const family of families) {
    Deno.test(`ranges: ${name} has the same bits with bindings of ${maxStorageBufferBindingSize} bytes (${family})`, async () => {
      const device = await lowDevice(family, { maxStorageBufferBindingSize });
      try {
        await inFolder(async (folder) => {
          const want = await observeModel(await testDevice(family), source, `${folder}/whole`);
          assertSame(await observeModel(device, source, `${folder}/cut`), want);
        });
      } finally {
        device.close();
      }
    });
  }
}
