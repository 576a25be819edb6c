// Collectives of four ranks, of ranks that share nothing but TCP, and signals at the launcher itself.
import assert from "node:assert/strict";
import { loopback } from "../../src/parallel/loopback.ts";
import { allCollectives } from "../parallel/mpi/collectives_program.ts";
import { type Mpi, mpich, openMpi, rankCommand, type RankOptions, runRanks } from "../support/mpi.ts";

const program = "tests/parallel/mpi/collectives_program.ts";
const { ignore, reason } = openMpi;

async function compare(ranks: number, args: readonly string[], options: RankOptions = {}): Promise<void> {
  const want = JSON.stringify(await loopback(ranks, allCollectives));
  const { code, stdout, stderr } = await runRanks(openMpi, ranks, program, args, options, 120);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), JSON.parse(want));
}

for (const ranks of [3, 4]) {
  Deno.test(`Open MPI: ${ranks} ranks get what ranks in one process get${reason}`, { ignore }, async () => {
    await compare(ranks, []);
    await compare(ranks, ["100"]); // pieces of 100 bytes
  });
}

Deno.test(
  `Open MPI: ranks over TCP alone get what ranks in one process get${reason}`,
  { ignore },
  async () => {
    await compare(2, [], { options: ["--mca", "btl", "tcp,self"] });
  },
);

Deno.test(`Open MPI: 20 starts of 2 ranks end with 0${reason}`, { ignore }, async () => {
  for (let i = 0; i < 20; i++) {
    const { code, stdout, stderr } = await runRanks(openMpi, 2, "tests/parallel/mpi/failing_program.ts", [
      "clean",
    ]);
    assert.deepEqual([code, stdout], [0, "one line\n"], stderr);
  }
});

Deno.test(
  `Open MPI: ranks end by themselves within 2 s of their last line${reason}`,
  { ignore },
  async () => {
    const child = rankCommand(openMpi, 2, "tests/parallel/mpi/failing_program.ts", ["clean"]).spawn();
    const errors = new Response(child.stderr).text();
    let last = 0;
    for await (const _ of child.stdout) last = performance.now();
    const { code } = await child.status;
    assert.equal(code, 0, await errors);
    await errors;
    assert.ok(performance.now() - last < 2000);
  },
);

/** Sends SIGUSR1 to the launcher as soon as its ranks are ready. */
async function signalLauncher(mpi: Mpi): Promise<{ code: number; text: string }> {
  const child = rankCommand(mpi, 2, "tests/parallel/mpi/failing_program.ts", ["signal"]).spawn();
  const errors = new Response(child.stderr).text();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (text === "") child.kill("SIGUSR1");
    text += chunk;
  }
  await errors;
  return { code: (await child.status).code, text };
}

for (const mpi of [openMpi, mpich]) {
  const name = `${mpi.name}: SIGUSR1 at the launcher leaves time for a checkpoint${mpi.reason}`;
  Deno.test(name, { ignore: mpi.ignore }, async () => {
    assert.deepEqual(await signalLauncher(mpi), { code: 0, text: "ready\ncheckpoint\n" });
  });
}
