// Lanes on ranks of MPI against the same lanes in this process, bit for bit.
import assert from "node:assert/strict";
import { loopback } from "../../../../src/parallel/loopback.ts";
import { mpich, openMpi, runRanks } from "../../../support/mpi.ts";
import { type LaneResult, type LaneRun, trainLanes } from "./train_lanes.ts";

const bits = ({ curve, weights, m, v }: LaneResult) => ({ curve, weights, m, v });

let alone: Promise<ReturnType<typeof bits>> | undefined;
const run: LaneRun = { lanes: 4, bucketSize: 2 * 4096 };

/** Trains in this process alone. */
const inThisProcess = () => alone ??= loopback(1, () => trainLanes(run)).then(([result]) => bits(result));

for (const mpi of [openMpi, mpich]) {
  Deno.test(
    `${mpi.name}: 20 steps of four lanes on 2 ranks${mpi.reason}`,
    { ignore: mpi.ignore },
    async () => {
      const program = "tests/model/training/parallel/lanes_program.ts";
      const { code, stdout, stderr } = await runRanks(mpi, 2, program, [JSON.stringify(run)], {}, 240);
      assert.equal(code, 0, stderr);
      const results = JSON.parse(stdout) as LaneResult[];
      assert.equal(results.length, 2);
      for (const result of results) assert.deepEqual(bits(result), await inThisProcess());
    },
  );
}
