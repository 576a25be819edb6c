// Exchanges between ranks of this process, by number format and odd sizes, against plain loops.
import assert from "node:assert/strict";
import { Recorder, type Tensor } from "../../src/gpu/mod.ts";
import { cast, upload } from "../../src/ops/mod.ts";
import { runProgram } from "../../src/model/exchange_rows.ts";
import { half } from "../support/device.ts";
import { onRanks } from "../support/model_ranks.ts";

const [rows, cols] = [3, 5];

/** Returns the numbers that a rank gives, [rows * ranks, cols] for a scatter. */
const given = (rank: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => (rank + 1) * 0.1 + i / 7);

for (const size of [2, 4]) {
  Deno.test(`rows of ${size} ranks are gathered, scattered and summed in the order of ranks`, async () => {
    const results = await onRanks(size, async (device, world) => {
      const r = new Recorder(device, "all", false);
      const tensor = (count: number) =>
        upload(device, "x", { shape: [count, cols], data: given(world.rank, count * cols) });
      const [few, many] = [tensor(rows), tensor(rows * size)];
      const gathered = r.exchange("gather", few, size);
      const scattered = r.exchange("scatter", many, size);
      const summed = r.exchange("sum", few, size);
      const program = await r.compile("test", [gathered, scattered, summed]);
      await runProgram(program, world);
      const read = await device.read([gathered.range(), scattered.range(), summed.range()]);
      const counts = Object.fromEntries(world.log.counts);
      program.dispose();
      return { read: read.map((bytes) => [...new Float32Array(bytes)]), counts };
    });
    const ranks = Array.from({ length: size }, (_, rank) => rank);
    const sumOf = (count: number) =>
      ranks.map((rank) => given(rank, count)).reduce((a, b) =>
        a.map((value, i) => Math.fround(value + b[i]))
      );
    const part = rows * cols;
    results.forEach(({ read: [gathered, scattered, summed], counts }, rank) => {
      assert.deepEqual(gathered, ranks.flatMap((rank) => [...given(rank, part)]));
      assert.deepEqual(scattered, [...sumOf(part * size).subarray(rank * part, (rank + 1) * part)]);
      assert.deepEqual(summed, [...sumOf(part)]);
      const bytes = 4 * part * (size - 1); // (t - 1) / t R D e
      assert.deepEqual(counts["rows gather"], { count: 1, bytes });
      assert.deepEqual(counts["rows scatter"], { count: 1, bytes });
    });
  });
}

Deno.test({
  name: "rows of halves travel as halves, and their sums are rounded once",
  ignore: !half,
  fn: async () => {
    const size = 3;
    const results = await onRanks(size, async (device, world) => {
      const r = new Recorder(device, "all", false);
      const x = upload(device, "x", { shape: [128], data: given(world.rank, 128) });
      const halves = r.tensor("halves", [128], "f16");
      cast(r, x, halves);
      const odd: Tensor = halves.view("odd", [3, 3]);
      const gathered = r.exchange("gather", odd, size);
      const scattered = r.exchange("scatter", odd, size);
      const summed = r.exchange("sum", odd, size);
      const program = await r.compile("test", [gathered, scattered, summed]);
      await runProgram(program, world);
      const read = await device.read([gathered.range(), scattered.range(), summed.range()]);
      program.dispose();
      const counts = Object.fromEntries(world.log.counts);
      return { read: read.map((bytes) => [...Float32Array.from(new Float16Array(bytes))]), counts };
    });
    const parts = Array.from({ length: size }, (_, rank) => [...new Float16Array(given(rank, 9))]);
    const sums = parts[0].map((_, i) => parts.reduce((sum, part) => Math.fround(sum + part[i]), 0));
    const rounded = [...new Float16Array(sums)];
    results.forEach(({ read: [gathered, scattered, summed], counts }, rank) => {
      assert.deepEqual(gathered, parts.flat());
      assert.deepEqual(scattered, rounded.slice(3 * rank, 3 * rank + 3));
      assert.deepEqual(summed, rounded);
      assert.deepEqual(counts["rows gather"], { count: 1, bytes: 2 * 9 * 2 });
      assert.deepEqual(counts["rows scatter"], { count: 1, bytes: 2 * 3 * 2 });
    });
  },
});
