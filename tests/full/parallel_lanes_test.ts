// Lanes on ranks of MPI: four ranks and the standard ABI against one process, bit for bit, and the share of the gradients
// that travels while the GPU computes.
import assert from "node:assert/strict";
import { overlapOf, type TraceEvent } from "../../src/base/trace.ts";
import { loopback } from "../../src/parallel/loopback.ts";
import {
  type LaneResult,
  type LaneRun,
  oddShape,
  trainLanes,
} from "../model/training/parallel/train_lanes.ts";
import { type Mpi, openMpi, runRanks, standardMpi } from "../support/mpi.ts";

const bits = ({ curve, weights, m, v }: LaneResult) => ({ curve, weights, m, v });

async function onRanks(mpi: Mpi, ranks: number, run: LaneRun): Promise<LaneResult[]> {
  const program = "tests/model/training/parallel/lanes_program.ts";
  const { code, stdout, stderr } = await runRanks(mpi, ranks, program, [JSON.stringify(run)], {}, 600);
  assert.equal(code, 0, stderr);
  const results = JSON.parse(stdout) as LaneResult[];
  assert.equal(results.length, ranks);
  return results;
}

const even = { ...oddShape, heads: 4, kvHeads: 2, hidden: 50 };

const cases: [Mpi, number, LaneRun][] = [
  [openMpi, 4, { lanes: 4 }],
  [openMpi, 4, { lanes: 8, bucketSize: 4 * 4096, options: { save: "block" } }],
  [openMpi, 4, { lanes: 4, dtype: "f16", bucketSize: 4 * 4096 }],
  [standardMpi, 2, { lanes: 4 }],
];

for (const [mpi, ranks, run] of cases) {
  const name = `${mpi.name}: ${run.lanes} lanes of ${
    run.dtype ?? "f32"
  } on ${ranks} ranks, 20 steps${mpi.reason}`;
  Deno.test(name, { ignore: mpi.ignore }, async () => {
    const [alone] = await loopback(1, () => trainLanes(run));
    for (const result of await onRanks(mpi, ranks, run)) assert.deepEqual(bits(result), bits(alone));
  });
}

Deno.test(`Open MPI: 2 data ranks of 2 model ranks give the bits of ranks in one process${openMpi.reason}`, {
  ignore: openMpi.ignore,
}, async () => {
  const run: LaneRun = { lanes: 4, shape: even, modelRanks: 2, bucketSize: 2 * 4096 };
  const want = await loopback(2, () => trainLanes(run));
  const found = await onRanks(openMpi, 4, run);
  assert.deepEqual(found.map(bits), [...want, ...want].map(bits));
});

/** Returns the share of the bytes of gradients that travels under computation. */
function hiddenShare(events: readonly TraceEvent[]): number {
  const compute = events.filter(({ kind }) => kind === "compute");
  const gradients = events.filter(({ kind, name }) => kind === "exchange" && name === "gradients");
  const total = gradients.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  return gradients.reduce((sum, one) => sum + one.bytes! * overlapOf([...compute, one]), 0) / total;
}

Deno.test(`Open MPI: at least half of the gradients travels under computation on 2 ranks${openMpi.reason}`, {
  ignore: openMpi.ignore,
}, async () => {
  const shape = { dim: 128, layers: 4, heads: 4, kvHeads: 4, hidden: 344, vocabSize: 1024, context: 64 };
  const run: LaneRun = {
    lanes: 2,
    steps: 4,
    batch: 8,
    bucketSize: 2 ** 17,
    shape,
    options: { microBatch: 4 },
  };
  let best = 0;
  for (let i = 0; i < 3 && best < 0.5; i++) { // others may work on this machine
    const shares = (await onRanks(openMpi, 2, run)).map(({ events }) => hiddenShare(events));
    console.log(
      `share of the gradients' bytes under computation, by rank: ${
        shares.map((x) => x.toFixed(2)).join(", ")
      }`,
    );
    best = Math.max(best, Math.min(...shares));
  }
  assert.ok(best >= 0.5, `${best}`);
  const serial = await onRanks(openMpi, 2, { ...run, overlap: false });
  assert.deepEqual(serial.map(({ events }) => hiddenShare(events)), [0, 0]);
});
