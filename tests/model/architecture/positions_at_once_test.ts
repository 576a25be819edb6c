// Sequences at once on devices whose buffers hold the activations of odd shapes only up to the border, where lines of zeros
// stand: scores and texts are those of a device that holds all of them.
import assert from "node:assert/strict";
import { positionsAtOnce } from "../../../src/model/architecture/positions_at_once.ts";
import { Model } from "../../../src/model/mod.ts";
import { lowDevice, testDevice } from "../../support/device.ts";

const shape = { dim: 16, layers: 1, heads: 2, kvHeads: 1, hidden: 101, vocabSize: 53, context: 16 };
const ids = (n: number, count: number) => Uint32Array.from({ length: count }, (_, i) => (7 * n + 3 * i) % 53);

Deno.test("the positions of a program count the zeros behind an odd feed-forward width", async () => {
  using whole = await Model.create(shape, { device: await testDevice() });
  const maxBufferSize = 80 * 2 * 101 * 4; // 80 positions of the true width, 77 of 104
  const device = await lowDevice(whole.device.family, { maxBufferSize });
  try {
    assert.equal(positionsAtOnce(whole.config, device.limits, 1000), 77);
    using model = await Model.create(shape, { device });
    const pairs = Array.from(
      { length: 21 },
      (_, n): [Uint32Array, Uint32Array] => [ids(n, 3), ids(n + 1, 2)],
    );
    const want = await whole.scoreBatch(pairs);
    for (const [i, { logProb }] of (await model.scoreBatch(pairs)).entries()) {
      assert.ok(Math.abs(logProb - want[i].logProb) < 1e-4, `${logProb}, want ${want[i].logProb}`);
    }
  } finally {
    device.close();
  }
});

Deno.test("the positions of a program count the statistics of heads of two numbers", async () => {
  const device = await lowDevice((await testDevice()).family, { maxStorageBufferBindingSize: 2 ** 14 });
  try {
    using model = await Model.create({ ...shape, dim: 12, heads: 6, hidden: 16 }, { device });
    const pairs = Array.from({ length: 20 }, (_, n): [Uint32Array, Uint32Array] => [ids(n, 12), ids(n, 1)]);
    assert.ok((await model.scoreBatch(pairs)).every(({ logProb }) => logProb < 0));
  } finally {
    device.close();
  }
});

Deno.test("the texts at once count the zeros behind an odd vocabulary", async () => {
  const odd = { ...shape, vocabSize: 1093 };
  using whole = await Model.create(odd, { device: await testDevice() });
  const device = await lowDevice(whole.device.family, { maxBufferSize: 70_000 }); // 16 rows of 1,093 logits, 15 of 1,096
  try {
    using model = await Model.create(odd, { device });
    const prompts = Array.from({ length: 17 }, (_, n) => ids(n, 2));
    const options = { temperature: 0, maxTokens: 2 };
    const texts = async (by: Model) => (await by.generateBatch(prompts, options)).map(({ ids }) => [...ids]);
    assert.deepEqual(await texts(model), await texts(whole));
  } finally {
    device.close();
  }
});
