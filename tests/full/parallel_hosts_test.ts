// Two ranks on two hosts, made of network namespaces, get what ranks in one process get.
import assert from "node:assert/strict";
import { loopback } from "../../src/parallel/loopback.ts";
import { allCollectives } from "../parallel/mpi/collectives_program.ts";
import { inFolder } from "../support/folder.ts";
import { openMpi, runRanks } from "../support/mpi.ts";
import { needs } from "../support/needs.ts";
import { secondHost } from "../support/two_hosts.ts";

const allowed = openMpi.ignore || await inFolder(async (folder) => {
  await using host = await secondHost(folder);
  return host !== undefined;
});
const { ignore, reason } = openMpi.ignore ? openMpi : needs(allowed, "needs network namespaces, as root has");

Deno.test(`Open MPI: a rank on each of two hosts${reason}`, { ignore }, async () => {
  const want = JSON.stringify(await loopback(2, allCollectives));
  await inFolder(async (folder) => {
    await using host = await secondHost(folder);
    const options = { options: host!.options };
    const all = await runRanks(openMpi, 2, "tests/parallel/mpi/collectives_program.ts", [], options);
    assert.equal(all.code, 0, all.stderr);
    assert.deepEqual(JSON.parse(all.stdout), JSON.parse(want));
    const hung = await runRanks(openMpi, 2, "tests/parallel/mpi/failing_program.ts", ["hang"], options);
    assert.notEqual(hung.code, 0);
    assert.match(hung.stderr, /nothing was heard of rank 1, host hostb/);
  });
});
