// Kill -9 at 20 random moments of a run with pretraining and instruction tuning: the run that is started again ends with
// the same parameters, bit for bit, and repeats at most the steps since the last checkpoint.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { checkpointNames, findCheckpoint } from "../../src/train/checkpoints/checkpoint_folder.ts";
import { assertSameWeights } from "../train/support.ts";
import { inFolder } from "../support/folder.ts";
import { beginning, longRun } from "./train_killed.ts";

/**
 * Starts the run and kills it `delay` milliseconds after `steps` steps of this session.
 *
 * @returns false if the run ended before that
 */
async function killAfter(folder: string, steps: number, delay: number): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("train_killed.ts", import.meta.url).pathname, folder],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let done = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const kill = () => timer ??= setTimeout(() => child.kill("SIGKILL"), delay);
  if (steps === 0) kill();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    done += text.split("step").length - 1;
    if (done >= steps) kill();
  }
  const { signal, success } = await child.status;
  clearTimeout(timer);
  if (signal === null) assert.ok(success, "the run failed by itself");
  return signal === "SIGKILL";
}

Deno.test("killed at 20 random moments: every restart ends with the same parameters", async () => {
  using whole = await beginning();
  const want = await longRun(whole).run({ display: false });
  assert.deepEqual(want.stages.map(({ done }) => done), [120, 80]);
  const random = new Random(20);
  const places: string[] = [];
  while (places.length < 20) {
    await inFolder(async (folder) => {
      if (!await killAfter(folder, random.below(200), 300 * random.uniform())) return;
      const names = checkpointNames(folder);
      const found = names.length ? await findCheckpoint(folder, () => {}) : undefined;
      places.push(found ? `${found.state.stage} ${found.state.stageStep}` : "none yet");
      using model = await beginning();
      const trainer = longRun(model, folder);
      const hidden = { display: false } as const;
      const { exact, history } = await (found ? trainer.resume(folder, hidden) : trainer.run(hidden));
      assert.equal(exact, true);
      assert.equal(history.length, 200);
      assert.deepEqual(history.map(({ loss }) => loss), want.history.map(({ loss }) => loss));
      await assertSameWeights(model, whole);
    });
  }
  console.log(
    `20 of 20 restarts are bit for bit the uninterrupted run; they went on from ${places.join(", ")}`,
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
    const random = new Random(7);
    let kills = 0;
    // Ten steps are more than lie between two checkpoints, so every session gets further than the one before.
    while (kills < 8 && await killAfter(folder, 10 + random.below(20), 300 * random.uniform())) kills++;
    using model = await beginning();
    await longRun(model, folder).resume(folder, { display: false });
    await assertSameWeights(model, whole);
    console.log(`${kills} kills in one run`);
    assert.ok(kills > 0);
  });
});
