// The end of ranks: a clean one is clean, any other ends all ranks with one message.
import assert from "node:assert/strict";
import { mpich, openMpi, runRanks } from "../../support/mpi.ts";
import { checkFailure, failures } from "./failures.ts";

for (const mpi of [openMpi, mpich]) {
  const { ignore, name, reason } = mpi;
  Deno.test(
    `${name}: ranks that are done end by themselves, output is that of one${reason}`,
    { ignore },
    async () => {
      const { code, stdout, stderr } = await runRanks(mpi, 2, "tests/parallel/mpi/failing_program.ts", [
        "clean",
      ]);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "one line\n");
    },
  );
  for (const failure of failures) {
    Deno.test(
      `${name}: ${failure.how} of a rank ends all ranks with one message${reason}`,
      { ignore },
      async () => {
        await checkFailure(mpi, failure);
      },
    );
  }
}

Deno.test(`MPICH: a rank that throws before all ranks meet ends the others, which say so${mpich.reason}`, {
  ignore: mpich.ignore,
}, async () => {
  const { code, stderr, took } = await runRanks(mpich, 2, "tests/parallel/mpi/failing_program.ts", [
    "throw before the start",
  ]);
  assert.notEqual(code, 0);
  assert.equal(stderr.match(/TypeError: no such option/g)?.length, 1, stderr);
  assert.match(stderr, /^\[rank 0, host .+\] rank 1 ended .+ before the start, where all ranks meet/m);
  assert.ok(took < 60_000, `${took} ms`); // MPICH's launcher says nothing: rank 0 would wait for 600 s
});
