import assert from "node:assert/strict";
import { Random } from "../../../../src/base/random.ts";
import { factsOf, RangeFile, writeRanges } from "../../../../src/data/dedup/jobs/range_file.ts";
import { EntrySorter } from "../../../../src/data/dedup/jobs/sort_entries.ts";
import { inFolder } from "../../../support/folder.ts";

const pairs = (words: Iterable<Uint32Array>) => [...words].flatMap((part) => [...part]);

Deno.test("a range holds what was added to it, in order, in one block and in several", () =>
  inFolder(async (folder) => {
    const random = new Random(3);
    for (const count of [0, 1, 5, 20_000]) {
      const entries = Array.from({ length: count }, () => [random.below(7), random.u32(), random.u32()]);
      const path = `${folder}/${count}`;
      const shape = { width: 2, ranges: 9 };
      await writeRanges(path, "key", shape, async (file) => {
        const sorter = new EntrySorter(file, 9, 0);
        for (const [range, a, b] of entries) {
          sorter.add(range, a, b);
          if (sorter.isFull) await sorter.flush();
        }
        await sorter.flush();
        return { count };
      });
      using file = RangeFile.open<{ count: number }>(path, "key", shape);
      assert.deepEqual([file.facts.count, file.entries, file.ranges], [count, count, 9]);
      assert.equal(file.blocks, count > 10_000 ? 5 : Math.min(1, count));
      for (let range = 0; range < 9; range++) {
        const expected = entries.filter(([at]) => at === range);
        assert.deepEqual(pairs(file.read(range)), expected.flatMap(([, a, b]) => [a, b]));
        assert.equal(file.count(range), expected.length);
      }
    }
  }));

Deno.test("ranges that are long, empty or not announced are read as they were written", () =>
  inFolder(async (folder) => {
    const long = Uint32Array.from({ length: 700_000 }, (_, i) => i);
    await writeRanges(`${folder}/a`, "k", { width: 1 }, async (file) => {
      await file.append(1, Uint32Array.of(7));
      await file.append(400, long);
      await file.append(400, Uint32Array.of(8));
      return null;
    });
    using file = RangeFile.open(`${folder}/a`, "k", { width: 1 });
    assert.equal(file.ranges, 401);
    assert.deepEqual([0, 1, 2, 399].map((range) => pairs(file.read(range))), [[], [7], [], []]);
    assert.deepEqual(pairs(file.read(400)), [...long, 8]);
  }));

Deno.test("a file of another key, a damaged and a missing one are refused by name", () =>
  inFolder(async (folder) => {
    const path = `${folder}/a`;
    const shape = { width: 2, ranges: 2 };
    const write = () =>
      writeRanges(path, "k", shape, async (file) => {
        await file.append(1, Uint32Array.of(1, 2, 3, 4));
        return null;
      });
    const read = () => {
      using file = RangeFile.open(path, "k", shape);
      return [0, 1].flatMap((range) => pairs(file.read(range)));
    };
    assert.throws(read, /a: there is no such file, run the job/);
    await write();
    assert.throws(() => RangeFile.open(path, "other", shape), /a: it was made of other data/);
    assert.deepEqual([factsOf(path, "k", shape), factsOf(path, "other", shape)], [null, undefined]);
    const bytes = await Deno.readFile(path);
    for (let at = 0; at < bytes.length; at++) {
      await Deno.writeFile(path, bytes.with(at, bytes[at] ^ 4));
      assert.throws(read, /a: it is damaged/, `byte ${at}`);
    }
    for (const [from, to] of [[0, 16], [0, 36], [16, 36], [20, 36], [0, bytes.length]]) {
      await Deno.writeFile(path, bytes.slice().fill(0, from, to)); // a hole in the file
      assert.throws(read, /a: it is damaged/, `zeros from ${from} to ${to}`);
    }
    for (const size of [0, 5, bytes.length - 1]) {
      await Deno.writeFile(path, bytes.subarray(0, size));
      assert.throws(read, /a: it is damaged/, `${size} bytes`);
    }
    await write();
    assert.deepEqual(read(), [1, 2, 3, 4]);
  }));
