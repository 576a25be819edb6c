import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { BlockQuotas, blockSize } from "../../../src/data/windows/block_quotas.ts";

const quotasOf = (weights: number[]) => {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const shares = weights.map((weight) => weight / sum);
  return { shares, quotas: new BlockQuotas(shares.map((weight, s) => ({ name: `${s}`, weight }))) };
};

Deno.test("every block is full, holds each share rounded up or down, and no source strays by more than a window", () => {
  const random = new Random(11);
  for (let trial = 0; trial < 60; trial++) {
    const count = 2 + random.below(12);
    const weights = Array.from(
      { length: count },
      () => trial % 3 ? random.below(1e6) ** 3 + 1e12 : 1 + random.below(7),
    );
    const { shares, quotas } = quotasOf(weights);
    for (let block = 0; block < 150; block++) {
      const own = quotas.of(block);
      assert.equal(own.reduce((sum, windows) => sum + windows, 0), blockSize);
      own.forEach((windows, s) => {
        const exact = shares[s] * blockSize;
        assert.ok(windows >= Math.floor(exact - 1e-6) && windows <= Math.ceil(exact + 1e-6), `${weights}`);
      });
      quotas.before(block + 1).forEach((windows, s) => {
        assert.ok(Math.abs(windows - shares[s] * blockSize * (block + 1)) < 1 + 1e-6, `${weights}`);
      });
    }
  }
});

Deno.test("quotas do not depend on the order in which blocks are asked for", () => {
  const { quotas } = quotasOf([5, 3, 1.7, 0.03]);
  const forwards = Array.from({ length: 900 }, (_, block) => quotas.of(block));
  const { quotas: anew } = quotasOf([5, 3, 1.7, 0.03]);
  for (const block of [899, 3, 300, 257, 256, 255, 0]) assert.deepEqual(anew.of(block), forwards[block]);
  assert.equal(quotas.blockOf(3, 10), forwards.findIndex((_, block) => quotas.before(block + 1)[3] > 10));
});
