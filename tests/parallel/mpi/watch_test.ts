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
