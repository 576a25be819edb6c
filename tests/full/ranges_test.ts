// Models on devices that hold 1 MB in a buffer and bind 256 kB, and on smaller ones, compared bit for bit with a device that
// cuts nothing: tables of 4,001 and 2,500 tokens, odd sizes, tied and untied, every kernel family, half precision where there
// is any. Then a text longer than one program: its scores agree with those of one program to the rounding of other sums.
import assert from "node:assert/strict";
import { type KernelFamily, openDevice } from "../../src/gpu/mod.ts";
import { Model, type ModelShape } from "../../src/model/mod.ts";
import { assertSameNumbers, observeModel } from "../model/observe_model.ts";
import { families, lowDevice, needsHalf, testDevice } from "../support/device.ts";
import { inFolder } from "../support/folder.ts";

const even: ModelShape = { dim: 64, layers: 2, heads: 4, kvHeads: 2, hidden: 176, context: 32 };
const odd: ModelShape = {
  dim: 36,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  hidden: 101,
  vocabSize: 507,
  context: 19,
};

/** The models, with the largest buffer and the largest binding in bytes. */
const models: Record<string, [ModelShape, maxBufferSize: number, maxBindingSize: number]> = {
  "4,001 tokens": [{ ...even, dim: 96, vocabSize: 4001, layers: 1 }, 2 ** 20, 2 ** 18],
  "600 tokens": [{ ...even, vocabSize: 600 }, 2 ** 17, 2 ** 16],
  "2,500 tokens, tied": [{ ...even, vocabSize: 2500, tieEmbeddings: true }, 2 ** 20, 2 ** 18],
  "odd sizes": [odd, 2 ** 17, 2 ** 16],
  "odd sizes, tied": [{ ...odd, tieEmbeddings: true }, 2 ** 17, 2 ** 16],
};

const open = (family: KernelFamily, maxBufferSize: number, maxBindingSize: number) =>
  openDevice({
    family,
    without: family === "shared" ? ["subgroups", "int64"] : [],
    maxBufferSize,
    maxBindingSize,
  });

for (const [name, [shape, maxBufferSize, maxBindingSize]] of Object.entries(models)) {
  for (const family of families) {
    for (const dtype of ["f32", "f16"] as const) {
      if (dtype === "f16" && family === "plain") continue; // `plain` has no optional features
      const missing = dtype === "f16" ? needsHalf : { ignore: false, reason: "" };
      Deno.test({
        name:
          `${name} in ${dtype}: buffers of ${maxBufferSize} and bindings of ${maxBindingSize} bytes change no bit (` +
          `${family})${missing.reason}`,
        ignore: missing.ignore,
      }, async () => {
        const device = await open(family, maxBufferSize, maxBindingSize);
        try {
          await inFolder(async (folder) => {
            const want = await observeModel(await testDevice(family), shape, `${folder}/whole`, dtype);
            assertSameNumbers(await observeModel(device, shape, `${folder}/cut`, dtype), want);
          });
        } finally {
          device.close();
        }
      });
    }
  }
}

Deno.test("scores and greedy texts after a prompt longer than one program are those of one program", async () => {
  const shape = { ...even, vocabSize: 600, context: 512 };
  const prompt = Uint32Array.from({ length: 450 }, (_, i) => (i * i) % 600);
  const pairs = Array.from({ length: 4 }, (_, i): [Uint32Array, Uint32Array] => {
    return [prompt, Uint32Array.of(i, 5 + i, 77)];
  });
  for (const family of families) {
    const low = await lowDevice(family, { maxStorageBufferBindingSize: 2 ** 18, maxBufferSize: 2 ** 18 });
    const results = [];
    for (const device of [await testDevice(family), low]) {
      using model = await Model.create(shape, { device, seed: 3 });
      const scores = await model.scoreBatch(pairs);
      assert.ok(scores[3].reusedTokens > 0, "computed in prefix order");
      results.push({ scores, text: await model.generate(prompt, { temperature: 0, maxTokens: 8 }).ids() });
    }
    low.close();
    const [whole, cut] = results;
    assert.deepEqual(cut.text, whole.text, family);
    cut.scores.forEach(({ logProb }, i) => {
      const want = whole.scores[i].logProb;
      assert.ok(Math.abs(logProb - want) < 1e-4 * Math.abs(want), `${family}: ${logProb}, want ${want}`);
    });
  }
});
