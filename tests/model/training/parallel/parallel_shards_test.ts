// Training on data ranks times model ranks of this process and under a launcher: losses against one process (law 3: 2e-6 over
// 20 steps), bits against other numbers of data ranks and against MPI.
import assert from "node:assert/strict";
import { loopback } from "../../../../src/parallel/loopback.ts";
import { openMpi, runRanks } from "../../../support/mpi.ts";
import { type ShardRun, trainShards } from "./train_shards.ts";

/** Trains on `data` times `run.model` ranks, which all have to find the same, and returns the bits. */
async function train(data: number, run: ShardRun) {
  const results = await loopback(data * run.model, () => trainShards(run));
  const [first, ...others] = results.map(({ curve, weights, written }) => ({ curve, weights, written }));
  for (const other of others) assert.deepEqual(other, first);
  return first;
}

const run = { lanes: 2, steps: 6 };

let trained: ReturnType<typeof train> | undefined;

/** Trains on two model ranks, once for all tests. */
function trainTwo() {
  return trained ??= train(1, { ...run, model: 2 });
}

/** Trains on one model rank and compares the curve with that of two. */
async function compare(run: Omit<ShardRun, "model">, training: ReturnType<typeof train>) {
  const two = await training;
  const one = await train(1, { ...run, model: 1 });
  for (const [i, { loss, gradNorm }] of two.curve.entries()) {
    assert.ok(Math.abs(loss / one.curve[i].loss - 1) <= 2e-6, `loss ${i + 1}: ${loss}`);
    assert.ok(Math.abs(gradNorm / one.curve[i].gradNorm - 1) <= 1e-4, `norm ${i + 1}: ${gradNorm}`);
  }
  assert.deepEqual(two.written, one.written);
}

Deno.test("2 model ranks train as one process does, with the same bits on 1 and 2 data ranks", async () => {
  await compare(run, trainTwo());
  assert.deepEqual(await train(2, { ...run, model: 2 }), await trainTwo());
});

Deno.test("2 model ranks train adapters as one process does", async () => {
  const adapters = { ...run, steps: 4, lora: true };
  await compare(adapters, train(1, { ...adapters, model: 2 }));
});

const { ignore, reason } = openMpi;
Deno.test(
  `2 model ranks under Open MPI have the bits of those in one process${reason}`,
  { ignore },
  async () => {
    const want = await trainTwo();
    const program = "tests/model/training/parallel/train_shards.ts";
    const { code, stdout, stderr } = await runRanks(openMpi, 2, program, [
      JSON.stringify({ ...run, model: 2 }),
    ]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(want)));
  },
);
