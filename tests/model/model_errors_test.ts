// Verbs of a model on devices with too little memory, from none left beside the weights to enough: each gives its result or
// a DeviceError, and leaves nothing allocated.
import assert from "node:assert/strict";
import { DeviceError } from "../../src/base/errors.ts";
import { Dataset } from "../../src/data/mod.ts";
import { openDevice } from "../../src/gpu/mod.ts";
import { Model } from "../../src/model/mod.ts";

const shape = { dim: 16, layers: 2, heads: 2, kvHeads: 1, hidden: 21, vocabSize: 53, context: 260 };
const ids = (count: number) => Uint32Array.from({ length: count }, (_, i) => (5 * i) % 53);
const pairs = (length: number) =>
  Array.from({ length: 3 }, (_, i): [Uint32Array, Uint32Array] => [ids(length), Uint32Array.of(i)]);

const verbs: Record<string, (model: Model) => Promise<unknown>> = {
  "logits": (model) => model.logits(ids(9)),
  "a greedy text": (model) => model.generate(ids(40), { temperature: 0, maxTokens: 3 }).ids(),
  "a drawn text": (model) => model.generate(ids(9), { maxTokens: 2 }).ids(),
  "texts": (model) => model.generateBatch([ids(3), ids(5)], { maxTokens: 2 }),
  "scores of a batch": (model) => model.scoreBatch(pairs(4)),
  "scores in prefix order": (model) => model.scoreBatch([...pairs(255), ...pairs(255)]),
  "the loss": (model) => model.loss(Dataset.tokens([ids(13), ids(13)], { order: "given" })),
  "an inspection": (model) => model.inspect(ids(6), { gradients: true }),
};

for (const [name, verb] of Object.entries(verbs)) {
  Deno.test(`${name} leaves nothing allocated where memory ends`, async () => {
    let refused = 0;
    const run = async (memoryLimit?: number) => {
      const device = await openDevice({ memoryLimit });
      try {
        using model = await Model.create(shape, { device });
        const before = device.memory().bytes;
        await verb(model).catch((error) => {
          if (!(error instanceof DeviceError)) throw error;
          refused++;
        });
        assert.equal(device.memory().bytes, before, `${device.memory().buffers.map(({ owner }) => owner)}`);
        return [before, device.memory().peak];
      } finally {
        device.close();
      }
    };
    const [least, peak] = await run();
    assert.equal(refused, 0);
    const steps = 7;
    for (let i = 0; i < steps; i++) await run(Math.floor(least + i * (peak - least) / steps));
    assert.equal(refused, steps);
  });
}
