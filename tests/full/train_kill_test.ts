// Kill -9 at 20 random moments of a run with pretraining and instruction tuning: the run that is started again ends with
// the same parameters, bit for bit, and repeats at most the steps since the last checkpoint.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { checkpointNames, findCheckpoint } from "../../src/train/checkpoints/checkpoint_folder.ts";
import { assertSameWeights, inFolder } from "../train/support.ts";
import { beginning, longRun } from "./train_killed.ts";

/** Starts the run and kills it `after` milliseconds of training; returns its milliseconds if it ended before that. */
async function killAfter(folder: string, after: number): Promise<number | undefined> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("train_killed.ts", import.meta.url).pathname, folder],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const out = child.stdout.getReader();
  assert.ok((await out.read()).value, "the run never began");
  const start = performance.now();
  const timer = setTimeout(() => child.kill("SIGKILL"), after);
  const { signal, success } = await child.status;
  const took = performance.now() - start;
  clearTimeout(timer);
  await out.cancel();
  if (signal === null) assert.ok(success, "the run failed by itself");
  return signal === "SIGKILL" ? undefined : took;
}

Deno.test("killed at 20 random moments: every restart ends with the same parameters", async () => {
  using whole = await beginning();
  const want = await longRun(whole).run({ display: false });
  assert.deepEqual(want.stages.map(({ done }) => done), [120, 80]);
  let length = 0;
  await inFolder(async (folder) => {
    length = (await killAfter(folder, 120_000))!;
    assert.ok(length, "a run that is not killed comes to its end");
  });
  const random = new Random(20);
  const places: string[] = [];
  while (places.length < 20) {
    await inFolder(async (folder) => {
      const took = await killAfter(folder, length * random.uniform());
      if (took !== undefined) { // the run ended first, since the machine has less to do now
        length = took;
        return;
      }
      const names = checkpointNames(folder);
      const found = names.length ? await findCheckpoint(folder, () => {}) : undefined;
      places.push(found ? `${found.state.stage} ${found.state.stageStep}` : "none yet");
      using model = await beginning();
      const trainer = longRun(model, folder);
      const hidden = { display: false } as const;
      const { exact, history } = await (found ? trainer.resume(folder, hidden) : trainer.run(hidden));
      assert.deepEqual([exact, history.length], [true, 200]);
      assert.deepEqual(history.map(({ loss }) => loss), want.history.map(({ loss }) => loss));
      await assertSameWeights(model, whole);
    });
  }
  console.log(
    `20 of 20 restarts are bit for bit the run of ${(length / 1000).toFixed(1)} s; gone on from ${
      places.join(", ")
    }`,
  );
  assert.ok(
    places.some((place) => place.startsWith("pretrain")) &&
      places.some((place) => place.startsWith("instruct")),
  );
});

Deno.test("a run killed up to eight times still ends with the same parameters", async () => {
  using whole = await beginning();
  await longRun(whole).run({ display: false });
  await inFolder(async (folder) => {
    let kills = 0;
    let over = false;
    for (const random = new Random(7); kills < 8 && !over;) {
      over = await killAfter(folder, 1000 + 3000 * random.uniform()) !== undefined;
      if (!over) kills++;
    }
    using model = await beginning();
    await longRun(model, folder).resume(folder, { display: false });
    await assertSameWeights(model, whole);
    console.log(`${kills} kills in one run`);
    assert.ok(kills > 0);
  });
});
