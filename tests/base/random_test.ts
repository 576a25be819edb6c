import assert from "node:assert/strict";
import { hashUniform, Random } from "../../src/base/random.ts";
import { goldenJson } from "../support/golden.ts";
import { fnv1a, synthStream } from "../support/synth_stream.ts";

interface Check {
  u32: { seed: number; first: number[] }[];
  streams: { seed: number; vocab: number; length: number; first: number[]; fnv1a32: number }[];
}
const golden = goldenJson<Check>("prng.json");

Deno.test("the generator gives the golden values bit for bit", () => {
  for (const { seed, first } of golden.u32) {
    const random = new Random(seed);
    assert.deepEqual(first.map(() => random.u32()), first);
  }
});

Deno.test("token streams made with it have the golden checksums", () => {
  for (const { seed, vocab, length, first, fnv1a32 } of golden.streams) {
    const stream = synthStream(seed, vocab, length);
    assert.deepEqual([...stream.subarray(0, first.length)], first);
    assert.equal(fnv1a(stream), fnv1a32);
  }
});

Deno.test("the state continues a stream", () => {
  const a = new Random(3);
  a.u32();
  const b = new Random(0);
  b.state = a.state;
  assert.deepEqual([a.u32(), a.normal(), a.below(10)], [b.u32(), b.normal(), b.below(10)]);
});

Deno.test("normal draws have mean 0 and variance 1", () => {
  const random = new Random(5);
  const n = 20000;
  const xs = Array.from({ length: n }, () => random.normal());
  const mean = xs.reduce((a, b) => a + b) / n;
  const variance = xs.reduce((s, x) => s + (x - mean) ** 2, 0) / n;
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(variance - 1) < 0.05, `${mean} ${variance}`);
});

Deno.test("a shuffle keeps every item, and hashUniform spreads ids evenly", () => {
  assert.deepEqual(new Random(1).shuffle([...Array(101).keys()]).sort((a, b) => a - b), [
    ...Array(101).keys(),
  ]);
  const below =
    Array.from({ length: 5000 }, (_, i) => hashUniform(42, `doc ${i}`)).filter((u) => u < 0.1).length;
  assert.ok(below > 430 && below < 570, `${below}`);
  assert.notEqual(hashUniform(1, "a"), hashUniform(2, "a"));
});
