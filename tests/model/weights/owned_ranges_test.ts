// Owned ranges against their own law: every element has one owner, parts are whole units, no rank holds more than its share
// and one unit.
import assert from "node:assert/strict";
import { bucketsOf, ownedRanges, partOf } from "../../../src/model/weights/owned_ranges.ts";

const unit = 4096;
const sizes = [128, unit, 5 * unit + 384, 33 * unit, 100 * unit + 128];
const bucketSizes = [1, 4 * unit, 10 * unit, undefined];
const cases = sizes.flatMap((size) => bucketSizes.map((bucketSize) => ({ size, bucketSize })));

for (const ranks of [1, 2, 3, 4, 7]) {
  Deno.test(`${ranks} ranks share arenas of odd sizes, in buckets of several sizes`, () => {
    for (const { size, bucketSize } of cases) {
      const owner = new Int32Array(size).fill(-1);
      for (let rank = 0; rank < ranks; rank++) {
        let held = 0;
        for (const { start, size: length } of ownedRanges(size, { rank, size: ranks }, bucketSize)) {
          assert.equal(start % unit, 0);
          assert.ok(owner.subarray(start, start + length).every((before) => before === -1));
          owner.fill(rank, start, start + length);
          held += length;
        }
        assert.ok(held <= size / ranks + unit);
      }
      assert.ok(owner.every((rank) => rank >= 0));
    }
  });

  Deno.test(`buckets send what one exchange of ${ranks} ranks would`, () => {
    for (const { size, bucketSize } of cases) {
      const buckets = bucketsOf(size, ranks, bucketSize);
      const padded = buckets.reduce((sum, { part }) => sum + part * ranks, 0);
      assert.equal(padded, Math.ceil(size / (unit * ranks)) * unit * ranks);
      for (const bucket of buckets) {
        const parts = Array.from({ length: ranks }, (_, rank) => partOf(bucket, rank).size);
        assert.equal(parts.reduce((a, b) => a + b), bucket.size);
      }
    }
  });
}
