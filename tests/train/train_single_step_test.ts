import assert from "node:assert/strict";
import type { Model } from "../../src/model/mod.ts";
import { assertSameWeights, quiet, short, tinyModel, tokens } from "./support.ts";

Deno.test("a paused run takes single steps", async () => {
  using model = await tinyModel();
  using whole = await tinyModel();
  const options = { ...short, steps: 12, validation: false } as const;
  const start = (model: Model) => quiet(model).pretrain(tokens(8), options).run({ display: false });
  const run = start(model);
  /** Waits for `count` steps and a little longer; returns the number of steps. */
  const settled = async (count: number) => {
    for (let i = 0; i < 400 && run.history.length < count; i++) {
      await new Promise((wake) => setTimeout(wake, 10));
    }
    await new Promise((wake) => setTimeout(wake, 40));
    return run.history.length;
  };
  run.pause();
  assert.equal(await settled(0), 0);
  run.step();
  assert.equal(await settled(1), 1);
  run.step(3);
  run.step();
  assert.equal(await settled(5), 5);
  assert.equal(run.status, "paused");
  assert.throws(() => run.step(0), /must be a whole number, at least 1/);
  run.resume();
  assert.equal((await run).history.length, 12);
  await start(whole);
  await assertSameWeights(model, whole);
});
