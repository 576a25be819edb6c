import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { BandIndex } from "../../../src/data/dedup/minhash_lsh.ts";

Deno.test("an index finds the documents that share a band, and none that has the same hash in another band", () => {
  const random = new Random(3);
  const bands = 5;
  const documents = Array.from(
    { length: 3000 },
    () => Uint32Array.from({ length: bands }, () => random.below(5000)),
  );
  const index = new BandIndex(bands);
  for (const [i, hashes] of documents.entries()) {
    const expected = documents.slice(0, i).flatMap((other, j) =>
      other.some((hash, band) => hash === hashes[band]) ? [j] : []
    );
    if (i % 50 === 0) assert.deepEqual(index.candidates(hashes), expected);
    index.add(hashes);
  }
});

Deno.test("hashes that differ only in their upper or lower bits do not crowd one part of a table", () => {
  for (const hashOf of [(i: number) => i, (i: number) => i << 14, (i: number) => i * 2 ** 20 + (i >>> 12)]) {
    const index = new BandIndex(1);
    for (let i = 0; i < 200_000; i++) index.add(Uint32Array.of(hashOf(i)));
    assert.deepEqual(index.candidates(Uint32Array.of(hashOf(77))).includes(77), true);
  }
});
