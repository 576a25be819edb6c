// The set of 64-bit hashes compared with JavaScript's Set, and its memory.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { HashSet } from "../../../src/data/dedup/hash_set.ts";

const word = (low: number, high: number) => (BigInt(high) << 32n) | BigInt(low);

function filled(pairs: Iterable<[number, number]>): { set: HashSet; oracle: Set<bigint> } {
  const set = new HashSet();
  const oracle = new Set<bigint>();
  for (const [low, high] of pairs) {
    assert.equal(set.add(low, high), !oracle.has(word(low, high)));
    oracle.add(word(low, high));
  }
  assert.equal(set.size, oracle.size);
  return { set, oracle };
}

function inOrder(set: HashSet, batch: number): bigint[] {
  const all: bigint[] = [];
  for (const hashes of set.sorted(batch)) all.push(...hashes);
  return all;
}

Deno.test("a set of hashes contains what was added and nothing else, and yields it in ascending order", () => {
  const random = new Random(7);
  const u32 = () => random.u32();
  const pairs = Array.from({ length: 30_000 }, () => [u32(), u32() || 1] as [number, number]);
  const { set, oracle } = filled([...pairs, ...pairs.slice(0, 5_000)]);
  for (const [low, high] of pairs) assert.ok(set.has(low, high));
  for (let i = 0; i < 30_000; i++) {
    const [low, high] = [u32(), u32()];
    assert.equal(set.has(low, high), oracle.has(word(low, high)));
  }
  const sorted = [...oracle].sort((a, b) => a < b ? -1 : 1);
  assert.equal(inOrder(set, 999).length, sorted.length);
  for (const batch of [1, 999, 1 << 15]) {
    assert.ok(inOrder(set, batch).every((hash, i) => hash === sorted[i]));
  }
  set.clear();
  assert.equal(set.size, 0);
  assert.equal(set.has(...pairs[0]), false);
  assert.deepEqual(inOrder(set, 10), []);
  assert.ok(set.add(...pairs[0]));
});

Deno.test("hashes with one home slot are kept, at the start and at the end of the table", () => {
  const ends = [1, 2, 0x80000000, 0xfffffffe, 0xffffffff];
  for (const high of ends) {
    const { set, oracle } = filled(Array.from({ length: 3_000 }, (_, i) => [i * 7919 >>> 0, high]));
    for (const hash of oracle) assert.ok(set.has(Number(hash & 0xffffffffn), high));
    assert.deepEqual(inOrder(set, 100), [...oracle].sort((a, b) => a < b ? -1 : 1));
  }
  const random = new Random(5); // a crowd at the end, then many everywhere: the end moves back
  const crowd = Array.from({ length: 2_000 }, (_, i) => [i, 0xffffffff] as [number, number]);
  const rest = Array.from({ length: 60_000 }, () => [random.u32(), random.u32() || 1] as [number, number]);
  const mixed = filled([...crowd, ...rest]);
  for (const [low, high] of [...crowd, ...rest]) assert.ok(mixed.set.has(low, high));
  assert.ok(mixed.set.bytes < 11 * mixed.set.size);
  const { set } = filled([[0, 1], [0, 0xffffffff], [0xffffffff, 0xffffffff]]);
  assert.ok(!set.has(1, 0xffffffff));
  const zero = new HashSet(); // 0 in the upper word counts as 1
  assert.deepEqual([zero.add(0, 0), zero.add(0, 0), zero.has(0, 0), zero.has(1, 0)], [
    true,
    false,
    true,
    false,
  ]);
});

Deno.test("a hash costs 9 to 10 bytes in memory at any size", () => {
  const set = new HashSet();
  const random = new Random(11);
  for (let i = 1; i <= 300_000; i++) {
    set.add(random.u32(), random.u32());
    if (i < 3_000 || i % 997) continue;
    const each = set.bytes / i;
    assert.ok(each > 8.8 && each < 10.2, `${each} bytes a hash at ${i}`);
  }
});
