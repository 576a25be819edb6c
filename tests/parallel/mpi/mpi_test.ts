// Errors of the library come back as errors with its own words.
import assert from "node:assert/strict";
import { mpis, runRanks } from "../../support/mpi.ts";

for (const mpi of mpis) {
  Deno.test(`${mpi.name}: an error has the library's words and version${mpi.reason}`, {
    ignore: mpi.ignore,
  }, async () => {
    const { code, stdout, stderr } = await runRanks(mpi, 1, "tests/parallel/mpi/error_program.ts");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^LlameroError: MPI_Bcast failed with code \d+: .*(root|Root).*(Open MPI|MPICH)/s);
  });
}
