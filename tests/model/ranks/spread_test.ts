// Made-up tensors read by (data, model) ranks in one process: each rank has the numbers of its part, and no row is read twice.
import assert from "node:assert/strict";
import { RankError } from "../../../src/base/exchange.ts";
import { spreadParameters } from "../../../src/model/ranks/spread.ts";
import { loopback } from "../../../src/parallel/loopback.ts";
import { openRanks } from "../../../src/parallel/mod.ts";
import { madeUpPart, matrices, tensors } from "./made_up_parts.ts";

const sizes: [data: number, model: number, divided: boolean][] = [
  [1, 1, true],
  [2, 1, false],
  [2, 1, true],
  [1, 2, false],
  [2, 2, true],
  [3, 1, true],
  [1, 3, false],
];

for (const [data, model, divided] of sizes) {
  for (const deal of ["rows", "tensors"] as const) {
    const label = `${data} data and ${model} model ranks${divided ? ", divided" : ""}, dealt by ${deal}`;
    Deno.test(`each rank has its part, and every row is read once (${label})`, async () => {
      const reads = new Map<string, number[]>();
      await loopback(data * model, async () => {
        const ranks = await openRanks(model);
        const want = madeUpPart(ranks, divided, true);
        const got = madeUpPart(ranks, divided, false);
        let next = new Map<string, number>();
        const read = matrices((name, row, rows) => {
          assert.ok(deal === "rows" || row === (next.get(name) ?? 0), `${name} is read in order`);
          next.set(name, row + rows);
          reads.set(name, [...reads.get(name) ?? [], ...Array.from({ length: rows }, (_, i) => row + i)]);
        });
        await spreadParameters(ranks, got.held, read, { deal });
        const wrong = want.arena.findIndex((x, i) => got.arena[i] !== (want.owns(i) ? x : 0));
        assert.equal(wrong, -1);
        next = new Map();
      });
      for (const [name, rows] of reads) {
        assert.deepEqual(rows.sort((a, b) => a - b), [...Array(tensors[name].shape[0]).keys()], name);
      }
    });
  }
}

Deno.test("a file that cannot be read on one rank is an error on every rank", async () => {
  const errors = await loopback(2, async (world) => {
    const ranks = await openRanks(1);
    const read = matrices(() => {
      if (world.rank === 1) throw new TypeError("cut short");
    });
    return await spreadParameters(ranks, madeUpPart(ranks, true, false).held, read).catch((error) => error);
  });
  assert.ok(errors[0] instanceof RankError && errors[1] instanceof TypeError);
});
