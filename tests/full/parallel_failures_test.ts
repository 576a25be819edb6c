// Every way in which a rank fails ends all ranks with one message, under both libraries, and a killed rank too.
import assert from "node:assert/strict";
import { checkFailure, moreFailures } from "../parallel/mpi/failures.ts";
import { mpich, openMpi, runRanks } from "../support/mpi.ts";

for (const mpi of [openMpi, mpich]) {
  const { ignore, name, reason } = mpi;
  for (const failure of moreFailures) {
    Deno.test(`${name}: ${failure.how} ends all ranks with one message${reason}`, { ignore }, async () => {
      await checkFailure(mpi, failure);
    });
  }
  Deno.test(
    `${name}: a rank that leaves before all ranks meet ends the others${reason}`,
    { ignore },
    async () => {
      const how = ["exit before the start"];
      const { code, took } = await runRanks(mpi, 3, "tests/parallel/mpi/failing_program.ts", how);
      assert.notEqual(code, 0);
      assert.ok(took < 60_000, `${took} ms`);
    },
  );
  Deno.test(`${name}: a rank that is killed ends all ranks${reason}`, { ignore }, async () => {
    const { code, took } = await runRanks(mpi, 2, "tests/parallel/mpi/failing_program.ts", ["kill"]);
    assert.notEqual(code, 0);
    assert.ok(took < 30_000, `${took} ms`); // the launcher's own doing: without it they would wait 600 s
  });
}

Deno.test(`Open MPI: four ranks name the one that hangs, once${openMpi.reason}`, {
  ignore: openMpi.ignore,
}, async () => {
  const { code, stderr } = await runRanks(openMpi, 4, "tests/parallel/mpi/failing_program.ts", ["hang"]);
  assert.notEqual(code, 0);
  assert.match(stderr, /nothing was heard of rank 3, host [^;]+\. All ranks end now/);
  assert.equal(stderr.match(/waited 3 s/g)?.length, 1, stderr);
});
