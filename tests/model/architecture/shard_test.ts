// The part of a block that each rank holds, and the numbers of ranks that fit, against plain loops.
import assert from "node:assert/strict";
import {
  checkShards,
  fittingShards,
  headDim,
  heldBlock,
  paddedLines,
} from "../../../src/model/architecture/shard.ts";

Deno.test("the ranks' heads and lines are the whole, in order, and equally long in memory", () => {
  for (const dim of [24, 36]) {
    for (const hidden of [9, 40, 37, 96]) {
      for (const  of of[1, 2, 4]) {
        const config = { dim, heads: 12, kvHeads: 4, hidden };
        const parts = Array.from({ length: of }, (_, rank) => heldBlock(config, { rank, of }));
        let line = 0;
        for (const { heads, kvHeads, firstLine, lines, paddedLines: padded } of parts) {
          assert.deepEqual([heads, kvHeads, firstLine], [12 / of, 4 / of, line]);
          assert.ok(lines >= 1 && lines <= padded && padded === parts[0].paddedLines);
          assert.ok(dim % 8 !== 0 || padded % 8 === 0, "eights where the width has them");
          line += lines;
        }
        assert.equal(line, hidden);
      }
    }
  }
  assert.equal(heldBlock({ dim: 24, heads: 4, kvHeads: 4, hidden: 9 }, { rank: 0, of: 1 }).paddedLines, 16);
  assert.equal(paddedLines(9, { dim: 20 }), 9);
  assert.equal(headDim({ dim: 36, heads: 6 }), 6);
});

Deno.test("ranks divide heads and key heads, and each has a line", () => {
  const config = { dim: 48, heads: 12, kvHeads: 6, hidden: 40 };
  assert.deepEqual(fittingShards(config), [1, 2, 3, 6]);
  assert.deepEqual(fittingShards({ ...config, hidden: 2 }), [1, 2]);
  checkShards(config, 3, "parallel.model");
  assert.throws(() => checkShards(config, 12, "parallel.model"), /12 and 6: 1, 2, 3, 6, current value is 12/);
});
