// Collectives over MPI libraries of all three interfaces give the bits of ranks in one process.
import assert from "node:assert/strict";
import { loopback } from "../../../src/parallel/loopback.ts";
import { mpis, runRanks } from "../../support/mpi.ts";
import { allCollectives } from "./collectives_program.ts";

const program = "tests/parallel/mpi/collectives_program.ts";

/** Runs the program as ranks of MPI and in one process, and compares the results. */
async function compare(mpi: typeof mpis[number], ranks: number, pieceBytes?: number): Promise<void> {
  const want = JSON.stringify(await loopback(ranks, allCollectives));
  const { code, stdout, stderr } = await runRanks(mpi, ranks, program, pieceBytes ? [`${pieceBytes}`] : []);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), JSON.parse(want));
}

for (const mpi of mpis) {
  Deno.test(
    `${mpi.name}: 2 ranks get what ranks in one process get${mpi.reason}`,
    { ignore: mpi.ignore },
    async () => {
      await compare(mpi, 2);
    },
  );
  Deno.test(
    `${mpi.name}: collectives cut into pieces of 64 bytes give the same${mpi.reason}`,
    { ignore: mpi.ignore },
    async () => {
      await compare(mpi, 2, 64);
    },
  );
}
