// Failures of ranks that train: kill -9 of one of four, one that hangs, Ctrl-C at the launch program.
import assert from "node:assert/strict";
import { readState } from "../../src/train/monitoring/run_state.ts";
import { inFolder } from "../support/folder.ts";
import { openMpi, runRanks } from "../support/mpi.ts";
import { numbersOf, rankChain } from "../train/ranks_chain.ts";
import { assertSameWeights, tinyModel } from "../train/support.ts";

const program = "tests/train/ranks_program.ts";
const { ignore, reason } = openMpi;
const options = { env: { XDG_RUNTIME_DIR: "/tmp" } };

Deno.test(`one of four ranks is killed; two, one and four ranks resume${reason}`, { ignore }, async () => {
  using whole = await tinyModel();
  const want = await rankChain(whole).run({ display: false });
  await inFolder(async (folder) => {
    const killed = await runRanks(openMpi, 4, program, ["kill", `${folder}/run`], options, 300);
    assert.notEqual(killed.code, 0, killed.stderr);
    console.log(`four ranks: exit code ${killed.code}`);
    assert.equal((await readState(`${folder}/run/step-000005`)).step, 5);
    for (const ranks of [2, 1, 4]) {
      const copy = `${folder}/${ranks}`;
      assert.ok((await new Deno.Command("cp", { args: ["-r", `${folder}/run`, copy] }).output()).success);
      const { code, stderr } = await runRanks(openMpi, ranks, program, ["resume", copy], options, 300);
      assert.equal(code, 0, stderr);
      const state = await readState(`${copy}/pretrain`);
      assert.equal(state.exact, true);
      assert.deepEqual(numbersOf(state.history), numbersOf(want.history), `${ranks} ranks`);
      assert.equal(JSON.stringify(state.validations), JSON.stringify(want.validations));
      using model = await tinyModel();
      await rankChain(model, copy).resume(copy, { display: false });
      await assertSameWeights(model, whole);
    }
  });
});

Deno.test(
  `a rank that hangs ends all after the time-out, named with its step${reason}`,
  { ignore },
  async () => {
    await inFolder(async (folder) => {
      const { code, stderr } = await runRanks(openMpi, 2, program, ["hang", folder], options, 120);
      assert.notEqual(code, 0);
      assert.match(stderr, /^\[rank 0, host .*\] waited \d+ s for other ranks/m);
    });
  },
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} at the launch program leaves a whole checkpoint${reason}`, { ignore }, async () => {
    await inFolder(async (folder) => {
      const launcher = `--launcher=${openMpi.command.join(" ")}`;
      const path = (file: string) => new URL(`../../${file}`, import.meta.url).pathname;
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", path("src/train/launch.ts"), "-n", "2", launcher, "--no-check"],
          ...[path(program), "long", folder],
        ],
        ...options,
        ...{ stdin: "null", stdout: "piped", stderr: "piped" },
      }).spawn();
      const errors = new Response(child.stderr).text();
      let stdout = "";
      let sent = false;
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        stdout += text;
        if (!sent && /step 3\b/.test(stdout)) child.kill(signal);
        sent ||= /step 3\b/.test(stdout);
      }
      assert.equal((await child.status).code, 0, await errors);
      assert.match(stdout, /^stopped\r?$/m);
      const steps = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
        /^step/.test(name)
      );
      const { step } = await readState(`${folder}/${steps.sort().at(-1)}`);
      assert.equal(stdout.match(/^step \d+/gm)?.length, step, "the last step is saved");
    });
  });
}
