import assert from "node:assert/strict";
import { ConfigError, NumericsError } from "../../src/base/errors.ts";
import type { Model } from "../../src/model/mod.ts";
import { learningRateAt, type Run, type RunEvent } from "../../src/train/mod.ts";
import { testDevice } from "../support/device.ts";
import { assertSameWeights, chainRows, quiet, short, tinyModel, tokens } from "./support.ts";
import { inFolder } from "../support/folder.ts";

/** Starts a run of `steps` without display. */
function start(model: Model, steps: number, more: Record<string, unknown> = {}): Run {
  return quiet(model).pretrain(tokens(8), { ...short, steps, validation: false, ...more }).run({
    display: false,
  });
}

/** Returns all events of a run. */
async function collect(run: Run): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events()) events.push(event);
  return events;
}

Deno.test("a run lowers the loss, and its history and events record every step", async () => {
  using model = await tinyModel();
  const options = { ...short, steps: 25, validation: tokens(3, 2), validateEvery: 10 };
  const run = quiet(model).pretrain(tokens(40), options).run({ display: false });
  const events = await collect(run);
  const { history, status, exact, tokens: trained, stages, validations } = await run;
  assert.deepEqual({ status, exact, trained }, { status: "done", exact: true, trained: 25 * 48 });
  assert.deepEqual(stages, [{ name: "pretrain", steps: 25, done: 25 }]);
  assert.deepEqual(history.map(({ step }) => step), Array.from({ length: 25 }, (_, i) => i + 1));
  assert.ok(Math.abs(history[0].loss - Math.log(50)) < 0.1, `loss of step 1 is ${history[0].loss}`);
  assert.ok(history[24].loss < history[0].loss - 0.5);
  for (const { step, learningRate, tokens, seconds } of history) {
    assert.equal(learningRate, learningRateAt(step, { peak: 3e-3, low: 3e-4, warmup: 3, total: 25 }));
    assert.equal(tokens, step * 48);
    assert.ok(seconds >= (history[step - 2]?.seconds ?? 0));
  }
  assert.deepEqual(validations.map(({ step }) => step), [0, 10, 20, 25]);
  assert.deepEqual(
    history.filter((entry) => entry.validationLoss !== undefined).map(({ step }) => step),
    [10, 20, 25],
  );
  assert.equal(history[24].validationLoss, validations[3].loss);
  assert.deepEqual(events.filter(({ type }) => type === "step").length, 25);
  assert.equal(events[0].type, "stage");
  assert.equal(events.at(-1)!.type, "done");
  assert.deepEqual(JSON.parse(JSON.stringify(events[3])), events[3]);
});

Deno.test("two runs with one seed are bit for bit equal", async () => {
  using one = await tinyModel();
  using two = await tinyModel();
  const results = [await start(one, 9), await start(two, 9)];
  await assertSameWeights(one, two);
  const losses = results.map(({ history }) => history.map(({ loss, gradNorm }) => [loss, gradNorm]));
  assert.deepEqual(losses[0], losses[1]);
});

Deno.test("micro-batches of any size give the same step up to rounding", async () => {
  using whole = await tinyModel();
  using parts = await tinyModel();
  const [a, b] = [await start(whole, 3), await start(parts, 3, { microBatch: 3 })];
  for (const [i, { loss, gradNorm }] of a.history.entries()) {
    assert.ok(Math.abs(loss - b.history[i].loss) < 1e-5);
    assert.ok(Math.abs(gradNorm - b.history[i].gradNorm) < 1e-5);
  }
});

Deno.test("a stage measured in epochs ends with a short batch", async () => {
  using model = await tinyModel();
  const data = tokens(6);
  const trainer = quiet(model).pretrain(data, { ...short, epochs: 1.5, validation: false });
  const { history } = await trainer.run({ display: false });
  assert.deepEqual(history.map(({ tokens }) => tokens), [48, 96, 108]);
  using other = await tinyModel();
  const byTokens = quiet(other).pretrain(data, { ...short, tokens: 100, validation: false });
  assert.equal((await byTokens.run({ display: false })).history.length, 3);
});

Deno.test("leaving a loop over events unsubscribes, and loops do not affect each other", async () => {
  using model = await tinyModel();
  const run = start(model, 12);
  const seen: number[] = [];
  const all = collect(run);
  for await (const { step, type } of run.events("step", "validation")) {
    assert.equal(type, "step");
    seen.push(step);
    if (step === 3) break;
  }
  await run;
  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal((await all).filter(({ type }) => type === "step").length, 12);
  assert.deepEqual(await collect(run), [], "a loop that begins after the end has no events");
});

Deno.test("stop() finishes the step and keeps the weights in the model", async () => {
  using model = await tinyModel();
  const run = start(model, 10_000);
  for await (const { step } of run.events("step")) if (step === 5) run.stop();
  const { status, history, warnings } = await run;
  assert.equal(status, "stopped");
  assert.ok(history.length >= 5 && history.length < 1000, `${history.length} steps`);
  assert.match(warnings.join(), /without a checkpoint folder exact resume is not possible/);
  using same = await tinyModel();
  // The schedule depends on the length of the stage, so the same steps need the same length.
  const again = quiet(same).pretrain(tokens(8), { ...short, steps: 10_000, validation: false }).steps();
  for await (const { step } of again) if (step === history.length) break;
  await assertSameWeights(model, same);
});

Deno.test("steps() takes the same steps, read back when asked", async () => {
  using model = await tinyModel();
  using other = await tinyModel();
  const { history } = await start(other, 6);
  const losses: number[] = [];
  const trainer = quiet(model).pretrain(tokens(8), { ...short, steps: 6, validation: false });
  const late: (() => Promise<number>)[] = [];
  for await (const { step, stage, learningRate, loss, gradNorm } of trainer.steps()) {
    const expected = { stage: "pretrain", learningRate: history[step - 1].learningRate };
    assert.deepEqual({ stage, learningRate }, expected);
    if (step % 2) losses.push(await loss());
    else late.push(loss);
    if (step === 6) assert.equal(await gradNorm(), history[5].gradNorm), losses.push(await late[2]());
  }
  assert.deepEqual(losses, [1, 3, 5, 6].map((step) => history[step - 1].loss));
  await assertSameWeights(model, other);
});

Deno.test("a paused run takes no step, and its clock stands still", async () => {
  using model = await tinyModel();
  const run = start(model, 40);
  for await (const { step } of run.events("step")) if (step === 4) break;
  run.pause();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const paused = run.history.length;
  assert.equal(run.status, "paused");
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(run.history.length, paused);
  run.resume();
  const { status, history } = await run;
  assert.deepEqual({ status, steps: history.length }, { status: "done", steps: 40 });
  assert.ok(history[paused].seconds - history[paused - 1].seconds < 0.3, "the pause is not counted");
});

Deno.test("a model has one run at a time, and runs on one device take turns", async () => {
  using model = await tinyModel();
  using other = await tinyModel();
  const first = start(model, 30);
  assert.throws(() => start(model, 1), (error) => {
    return error instanceof ConfigError && error.message.includes(`belongs to ${first.name}`);
  });
  const second = start(other, 3);
  const order: string[] = [];
  await Promise.all([first.then(() => order.push("first")), second.then(() => order.push("second"))]);
  assert.deepEqual(order, ["first", "second"]);
  const [end, begin] = [first.history.at(-1)!, second.history[0]];
  assert.deepEqual({ end: end.step, begin: begin.step }, { end: 30, begin: 1 });
  await start(model, 1);
});

Deno.test("a waiting run can be stopped, and does not delay the next", async () => {
  using model = await tinyModel();
  using other = await tinyModel();
  using third = await tinyModel();
  const first = start(model, 30);
  const second = start(other, 3);
  const last = start(third, 2);
  assert.equal(second.status, "waiting");
  const stopped = await second.stop();
  assert.equal(stopped.status, "stopped");
  assert.equal(stopped.history.length, 0);
  assert.equal(first.status, "running");
  await Promise.all([first, last]);
});

Deno.test("an aborted signal leaves a checkpoint and rejects with its reason", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: folder }).pretrain(tokens(8), { ...short, steps: 10_000 });
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = trainer.run({ display: false, signal: controller.signal });
    for await (const { step } of run.events("step")) if (step === 3) controller.abort(reason);
    await assert.rejects(run, (error) => error === reason && (error as { run?: Run }).run === run);
    const name = `step-${String(run.history.length).padStart(6, "0")}`;
    assert.ok(Deno.statSync(`${folder}/${name}/state.json`).isFile);
    const early = AbortSignal.abort(reason);
    await assert.rejects(trainer.resume(folder, { display: false, signal: early }), reason);
  });
});

Deno.test("a second stop aborts without a checkpoint", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: folder }).pretrain(tokens(8), { ...short, steps: 10_000 });
    const run = trainer.run({ display: false });
    for await (const { step } of run.events("step")) if (step === 3) run.stop(), run.stop();
    await assert.rejects(run, { name: "AbortError" });
    assert.equal(run.status, "failed");
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("the failure of a run that nobody awaits is not an unhandled rejection", async () => {
  using model = await tinyModel();
  const unhandled: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  try {
    const run = quiet(model).evaluate({ run: () => Promise.reject(new Error("broken evaluation")) }, {
      every: 2,
    })
      .pretrain(tokens(8), { steps: 5, validation: false }).run({ display: false });
    const events = await collect(run);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(unhandled, []);
    const done = events.at(-1)!;
    assert.ok(done.type === "done" && done.status === "failed" && done.error === "broken evaluation");
    assert.match(String(run), /Failed: broken evaluation/);
  } finally {
    globalThis.removeEventListener("unhandledrejection", listen);
  }
});

Deno.test("evaluations run once at their place in the chain, or repeatedly", async () => {
  using model = await tinyModel();
  const seen: string[] = [];
  const evaluation = (name: string) => ({
    run: (trained: Model) => Promise.resolve(seen.push(`${name} ${trained === model}`)),
  });
  const run = quiet(model).evaluate(evaluation("before"))
    .pretrain(tokens(4), { ...short, steps: 4, validation: false })
    .evaluate(evaluation("between"), {}).evaluate(evaluation("every"), { every: 2 })
    .pretrain(tokens(4), { steps: 5, validation: false }).run({ display: false });
  const events = (await collect(run)).filter((event) => event.type === "evaluation");
  assert.deepEqual(seen, ["before true", "between true", "every true", "every true"]);
  assert.deepEqual(events.map(({ step, stage }) => [step, stage]), [
    [0, ""],
    [4, "pretrain"],
    [6, "pretrain-2"],
    [8, "pretrain-2"],
  ]);
});

Deno.test("a loss that is not finite skips the update, and the fourth in a row ends the run", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const good = await model.parameters();
    const name = "model.layers.1.mlp.down_proj.weight";
    const spoiled = new Map(good);
    spoiled.set(name, good.get(name)!.map((weight, i) => i === 7 ? Infinity : weight));
    const trainer = quiet(model, { checkpoint: folder }).pretrain(tokens(8), {
      ...short,
      steps: 500,
      checkpointEvery: 4,
      validation: false,
    });
    const run = trainer.run({ display: false });
    for await (const { step } of run.events("checkpoint")) {
      if (step === 4) model.setParameters(spoiled);
    }
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof NumericsError);
      const skipped = run.history.filter((entry) => entry.skipped);
      assert.equal(skipped.length, 4);
      assert.equal(error.step, skipped[3].step);
      assert.equal(run.history.length, error.step);
      assert.match(error.tensor!, /^model\./);
      assert.equal(error.checkpoint, `${folder}/step-${String(error.step - 4 >> 2 << 2).padStart(6, "0")}`);
      assert.ok(!Number.isFinite(skipped[0].loss) || !Number.isFinite(skipped[0].gradNorm));
      return (error as { run?: Run }).run === run;
    });
    const after = (await model.parameters()).get(name)!;
    assert.equal(after[7], Infinity);
    assert.ok(after.filter((weight) => !Number.isFinite(weight)).length === 1, "nothing was updated");
  });
});

Deno.test("using a model between its steps does not change its training", async () => {
  using model = await tinyModel();
  using alone = await tinyModel();
  const run = start(model, 60);
  const prompt = Uint32Array.of(3, 4, 5);
  const first = await model.generate(prompt, { maxTokens: 3, temperature: 0 }).ids();
  const { logProb } = await model.score(prompt, Uint32Array.of(6));
  const copy = await model.clone();
  copy.dispose();
  assert.equal(run.status, "running", "the model was used while it trained");
  await run;
  await start(alone, 60);
  await assertSameWeights(model, alone);
  assert.equal(first.length, 3);
  assert.ok(logProb < 0);
});

Deno.test("a run stopped during an evaluation is stopped, even if the evaluation throws", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const slow = {
      run: (_: Model, { signal }: { signal: AbortSignal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("torn away")))),
    };
    const run = quiet(model, { checkpoint: folder }).evaluate(slow, { every: 3 })
      .pretrain(tokens(8), { ...short, steps: 9, validation: false }).run({ display: false });
    for await (const { step } of run.events("step")) if (step === 3) setTimeout(() => run.stop(), 20);
    const { status, checkpoint } = await run;
    assert.deepEqual({ status, checkpoint }, { status: "stopped", checkpoint: `${folder}/step-000003` });
  });
});

Deno.test("a run goes on after a skipped step", async () => {
  using model = await tinyModel();
  const good = await model.parameters();
  const spoiled = new Map([...good].map(([name, data]) => [name, data.map(() => Infinity)]));
  const run = start(model, 30, { maxSkipped: 1000 });
  const warnings: string[] = [];
  for await (const event of run.events("step", "warning")) {
    if (event.type === "step" && event.step === 2) model.setParameters(spoiled);
    if (event.type === "warning") {
      warnings.push(event.message);
      model.setParameters(good);
    }
  }
  const { status, history } = await run;
  const skipped = history.filter((entry) => entry.skipped).length;
  assert.equal(status, "done");
  assert.ok(skipped > 0 && skipped < 28, `${skipped} steps were skipped`);
  assert.equal(warnings.length, skipped);
  assert.ok(Number.isFinite(history[29].loss));
});

Deno.test("a run frees its memory whichever way it ends", async () => {
  using model = await tinyModel();
  const device = await testDevice();
  const bytes = () => device.memory().bytes;
  const before = bytes();
  await start(model, 3);
  const after = bytes();
  assert.equal(after, before, "only the model stays");
  const run = start(model, 10_000, { validation: tokens(2, 3) });
  for await (const { step } of run.events("step")) if (step === 2) run.stop();
  await run;
  const failing = quiet(model).evaluate({ run: () => Promise.reject(new Error("no")) }, { every: 2 })
    .pretrain(tokens(4), { ...short, steps: 3, validation: false }).run({ display: false });
  await assert.rejects(failing, /no/);
  for (let i = 0; i < 5; i++) await start(model, 2);
  for await (const _ of quiet(model).pretrain(tokens(4), { ...short, steps: 9 }).steps()) break;
  assert.equal(bytes(), after);
  assert.equal(device.memory().buffers.length, 2, "weights and angles");
});

Deno.test("a model disposed during its run ends the run with an error that says so", async () => {
  const model = await tinyModel();
  const run = start(model, 10_000);
  for await (const { step } of run.events("step")) if (step === 2) model.dispose();
  await assert.rejects(run, /was disposed/);
});

Deno.test("save policies give the same losses up to rounding", async () => {
  const losses: number[][] = [];
  for (const save of ["all", "linear", "block"]) {
    using model = await tinyModel();
    losses.push((await start(model, 3, { save })).history.map(({ loss }) => loss));
  }
  for (const other of losses.slice(1)) {
    other.forEach((loss, i) => assert.ok(Math.abs(loss - losses[0][i]) < 1e-5));
  }
});

Deno.test("rows in a fixed order are trained on in that order", async () => {
  using model = await tinyModel();
  using same = await tinyModel();
  const rows = chainRows(8);
  const data = tokens(8);
  const { history } = await quiet(model).pretrain(data, { ...short, steps: 2, validation: false })
    .run({ display: false });
  const { TrainingStep } = await import("../../src/model/mod.ts");
  const options = {
    microBatch: 4,
    context: 12,
    save: "all",
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
  } as const;
  const step = await TrainingStep.create(same, { ...options, weightDecay: 0.1, clip: 1 });
  const batch = (from: number) =>
    rows.slice(from, from + 4).map((ids) => ({ ids, targets: Int32Array.from(ids.subarray(1)) }));
  step.run(batch(0), 1, 1e-3);
  step.run(batch(4), 2, 3e-4);
  const records = await step.read();
  step.dispose();
  assert.deepEqual(history.map(({ loss }) => loss), records.map(({ loss }) => loss));
});
