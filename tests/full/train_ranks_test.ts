// Kill -9 of one of four ranks: all end, and the run goes on with two, one and four ranks, bit for bit.
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
