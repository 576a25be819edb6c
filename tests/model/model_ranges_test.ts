// Models whose tables, layers and logits exceed what a device binds or holds in a buffer, compared bit for bit with a device that does not cut them:
// logits, gradients of every policy, updates, files, texts, scores, adapters. tests/full/ranges_test.ts has more shapes.
import assert from "node:assert/strict";
import type { ModelShape } from "../../src/model/mod.ts";
import { families, lowDevice, needsHalf, testDevice } from "../support/device.ts";
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

/** The models, and limits at which their widest matrices and activations are cut, and no attention is. */
const models: Record<string, [Source, maxBufferSize: number, maxBindingSize: number]> = {
  "golden model A": [goldenPath("A"), 40_960, 18_432],
  "golden model B": [goldenPath("B"), 65_536, 18_432],
  untied: [untied, 2 ** 17, 2 ** 16],
  tied: [{ ...untied, tieEmbeddings: true }, 2 ** 17, 2 ** 16],
};

/** Compares all but the numbers of calls, which are larger where matrices were cut. */
function assertSame(got: Observed, want: Observed): void {
  for (const [name, value] of want) {
    if (name.startsWith("calls")) {
      assert.ok(Number(got.get(name)) > Number(value), `${name}: ${got.get(name)}, uncut ${value}`);
    } else assert.deepEqual(got.get(name), value, name);
  }
}

for (const [name, [source, maxBufferSize, maxStorageBufferBindingSize]] of Object.entries(models)) {
  for (const family of families) {
    for (const dtype of ["f32", "f16"] as const) {
      if (dtype === "f16" && (family === "plain" || name !== "untied")) continue; // `plain` has no optional features
      const missing = dtype === "f16" ? needsHalf : { ignore: false, reason: "" };
      Deno.test({
        name: `ranges: ${name} in ${dtype} has the same bits in pieces (${family})${missing.reason}`,
        ignore: missing.ignore,
      }, async () => {
        const device = await lowDevice(family, { maxBufferSize, maxStorageBufferBindingSize });
        try {
          await inFolder(async (folder) => {
            const want = await observeModel(await testDevice(family), source, `${folder}/whole`, dtype);
            assertSame(await observeModel(device, source, `${folder}/cut`, dtype), want);
          });
        } finally {
          device.close();
        }
      });
    }
  }
}
