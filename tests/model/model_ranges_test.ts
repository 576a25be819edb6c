// Models whose tables, layers and logits exceed what a device binds or holds in a buffer, compared bit for bit with a device
// that does not cut them: logits, gradients of every policy, updates, files, texts, scores, adapters. tests/full/ranges_test.ts has more shapes,
// tied tables and half precision.
import { families, lowDevice, testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";
import { goldenPath } from "../support/golden.ts";
import { assertSameNumbers, observeModel, type Source } from "./observe_model.ts";

/** The models, and limits at which their widest matrices and activations are cut, and no attention is. */
const models: Record<string, [Source, maxBufferSize: number, maxBindingSize: number]> = {
  "golden model A": [goldenPath("A"), 40_960, 18_432],
  "golden model B": [goldenPath("B"), 65_536, 18_432],
  "600 tokens": [
    {
      dim: 64,
      layers: 2,
      heads: 4,
      kvHeads: 2,
      hidden: 176,
      vocabSize: 600,
      context: 32,
    },
    2 ** 17,
    2 ** 16,
  ],
};

for (const [name, [source, maxBufferSize, maxStorageBufferBindingSize]] of Object.entries(models)) {
  for (const family of families) {
    Deno.test(`ranges: ${name} has the same bits in pieces (${family})`, async () => {
      const device = await lowDevice(family, { maxBufferSize, maxStorageBufferBindingSize });
      try {
        await inFolder(async (folder) => {
          const want = await observeModel(await testDevice(family), source, `${folder}/whole`);
          assertSameNumbers(await observeModel(device, source, `${folder}/cut`), want);
        });
      } finally {
        device.close();
      }
    });
  }
}
