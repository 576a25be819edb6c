// The order of buckets and the cuts of a program against lists that were made by hand, and against a recorded step.
import assert from "node:assert/strict";
import { bucketSegments } from "../../../../src/model/training/parallel/bucket_order.ts";
import { loopback } from "../../../../src/parallel/loopback.ts";
import { oddShape, trainLanes } from "./train_lanes.ts";

Deno.test("segments end behind the last writer of a bucket and in front of exchanges", () => {
  const order = [{ bucket: 2, end: 3 }, { bucket: 1, end: 5 }, { bucket: 3, end: 5 }, { bucket: 0, end: 9 }];
  assert.deepEqual(bucketSegments(order, [{ first: 0, end: 12 }]), [
    { first: 0, end: 3, bucket: 2 },
    { first: 3, end: 5, bucket: 1 },
    { first: 5, end: 5, bucket: 3 },
    { first: 5, end: 9, bucket: 0 },
    { first: 9, end: 12, exchange: undefined },
  ]);
  const exchange = { exchange: "gather" as const, args: {}, flop: 0, scope: "" };
  const program = [{ first: 0, end: 4, exchange }, { first: 5, end: 9 }];
  assert.deepEqual(bucketSegments(order, program), [
    { first: 0, end: 3, bucket: 2 },
    { first: 3, end: 4, exchange },
    { first: 5, end: 5, bucket: 1 },
    { first: 5, end: 5, bucket: 3 },
    { first: 5, end: 9, bucket: 0 },
  ]);
});

Deno.test("the backward pass finishes the output matrix first and the table of tokens last", async () => {
  const shape = { ...oddShape, dim: 32, heads: 4, kvHeads: 4, vocabSize: 256, layers: 3 }; // table and output matrix: 2 units each
  const [{ events }] = await loopback(
    1,
    () => trainLanes({ lanes: 2, steps: 1, batch: 2, bucketSize: 2 * 4096, shape }),
  );
  const copies = events.filter(({ kind, name }) => kind === "copy" && name.startsWith("bucket"));
  const order = copies.slice(0, copies.length / 2).map(({ name }) => Number(name.slice("bucket ".length)));
  // the output matrix, the blocks from the last to the first, the norms, the table
  assert.deepEqual(order, [5, 4, 3, 2, 1, 6, 0]);
});
