// Sizes of micro-batches, by hand.
import assert from "node:assert/strict";
import { laneMicroBatch } from "../../../../src/model/training/parallel/lane_micro_batch.ts";

Deno.test("a micro-batch is no larger than a lane, and its rows are shared equally", () => {
  const micro = (microBatch: number, lanes: number, modelRanks = 1) =>
    laneMicroBatch({ microBatch, batch: 9, context: 11 }, lanes, modelRanks);
  assert.deepEqual([micro(9, 1), micro(9, 2), micro(9, 4), micro(2, 4), micro(9, 20)], [9, 5, 3, 2, 1]);
  assert.deepEqual([micro(9, 2, 2), micro(9, 4, 2), micro(4, 9, 2), micro(8, 9, 4)], [6, 4, 2, 4]);
  assert.deepEqual([micro(3, 1, 4), micro(1, 9, 2), micro(2, 9, 8)], [4, 2, 8], "completed by padding");
});
