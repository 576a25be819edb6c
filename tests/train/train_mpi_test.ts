// Runs of two processes under MPI launchers: output, failures, signals, and resume with other numbers of ranks.
import assert from "node:assert/strict";
import { readState } from "../../src/train/monitoring/run_state.ts";
import { inFolder } from "../support/folder.ts";
import { type Ended, type Mpi, mpich, openMpi, rankCommand, runRanks } from "../support/mpi.ts";
import { numbersOf, rankChain } from "./ranks_chain.ts";
import { assertSameWeights, tinyModel } from "./support.ts";

const program = "tests/train/ranks_program.ts";

/** Starts the program as two ranks. */
function start(mpi: Mpi, how: string, folder: string): Promise<Ended> {
  return runRanks(mpi, 2, program, [how, folder], { env: { XDG_RUNTIME_DIR: "/tmp" } });
}

/** Returns true for a process that has ended; one that nobody has asked about yet is a zombie. */
function isGone(id: string): boolean {
  try {
    return /^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${id}/status`));
  } catch {
    return true;
  }
}

/** Asserts that the processes whose ids a job printed are gone within five seconds of its end. */
async function assertGone(stdout: string): Promise<void> {
  const ids = /^processes (.*)$/m.exec(stdout)![1].trim().split(" ");
  assert.equal(ids.length, 2);
  for (let i = 0; i < 50 && !ids.every(isGone); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(ids.filter((id) => !isGone(id)), []);
}

for (const mpi of [openMpi, mpich]) {
  Deno.test(
    `${mpi.name}: stdout is that of one process, once${mpi.reason}`,
    { ignore: mpi.ignore },
    async () => {
      await inFolder(async (folder) => {
        const { code, stdout, stderr } = await start(mpi, "show", folder);
        assert.equal(code, 0, stderr);
        assert.equal(stdout.match(/\b12\/12 done\b/g)?.length, 1, stdout); // as one process writes to a pipe
        assert.equal(stdout.match(/^done\r?$/gm)?.length, 1, stdout);
        assert.doesNotMatch(stderr, /Warning|error/i);
      });
    },
  );

  Deno.test(
    `${mpi.name}: an option that all ranks have wrong is shown once${mpi.reason}`,
    { ignore: mpi.ignore },
    async () => {
      const { code, stderr } = await start(mpi, "bad option", "");
      assert.notEqual(code, 0);
      assert.equal(stderr.match(/ConfigError/g)?.length, 1, stderr);
      assert.match(stderr, /^\[rank 0, host .*\] error: ConfigError: .*no such preset/m);
    },
  );

  Deno.test(`${mpi.name}: a killed rank ends all; two ranks and one resume bit for bit${mpi.reason}`, {
    ignore: mpi.ignore,
  }, async () => {
    using whole = await tinyModel();
    const want = await rankChain(whole).run({ display: false });
    await inFolder(async (folder) => {
      const killed = await start(mpi, "kill", folder);
      assert.notEqual(killed.code, 0);
      await assertGone(killed.stdout);
      assert.equal((await readState(`${folder}/step-000005`)).step, 5);
      assert.throws(() => Deno.statSync(`${folder}/step-000010`), Deno.errors.NotFound);
      await new Deno.Command("cp", { args: ["-r", folder, `${folder}.copy`] }).output();

      const resumed = await start(mpi, "resume", folder);
      assert.equal(resumed.code, 0, resumed.stderr);
      const { history, exact, parallel } = await readState(`${folder}/pretrain`);
      assert.equal(exact, true);
      assert.deepEqual(parallel, { processes: 2, model: 1, lanes: 4 });
      assert.deepEqual(numbersOf(history), numbersOf(want.history));

      using alone = await tinyModel();
      const result = await rankChain(alone, `${folder}.copy`).resume(`${folder}.copy`, { display: false });
      assert.deepEqual(numbersOf(result.history), numbersOf(want.history));
      await assertSameWeights(alone, whole);
      await Deno.remove(`${folder}.copy`, { recursive: true });
    });
  });

  Deno.test(
    `${mpi.name}: a data error on one rank is shown once${mpi.reason}`,
    { ignore: mpi.ignore },
    async () => {
      await inFolder(async (folder) => {
        const { code, stdout, stderr } = await start(mpi, "data error", folder);
        assert.notEqual(code, 0);
        await assertGone(stdout);
        assert.equal(stderr.match(/window 38 is gone/g)?.length, 1, stderr);
        assert.match(stderr, /^\[rank 1, host .*\] error: DataError: window 38 is gone/m);
      });
    },
  );

  Deno.test(`${mpi.name}: a signal at the launcher leaves a whole checkpoint${mpi.reason}`, {
    ignore: mpi.ignore,
  }, async () => {
    await inFolder(async (folder) => {
      const options = { env: { XDG_RUNTIME_DIR: "/tmp" } };
      const child = rankCommand(mpi, 2, program, ["long", folder], options).spawn();
      const errors = new Response(child.stderr).text();
      let stdout = "";
      let sent = false;
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        stdout += text;
        if (!sent && /step 3\b/.test(stdout)) child.kill(mpi === mpich ? "SIGINT" : "SIGUSR2");
        sent ||= /step 3\b/.test(stdout);
      }
      const { code } = await child.status;
      assert.equal(code, 0, await errors);
      await errors;
      assert.match(stdout, /^stopped\r?$/m);
      const [last] = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
        /^step/.test(name)
      )
        .sort().reverse();
      const { step } = await readState(`${folder}/${last}`);
      assert.ok(step >= 3 && step < 2000);
      assert.equal(stdout.match(/^step \d+/gm)?.length, step, "the last step is saved");
    });
  });
}
