// Runs of several ranks in one process: the same bits as one process with the same lanes.
import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { Dataset } from "../../src/data/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import type { RunEvent, StageEvent, TrainerParallelOptions } from "../../src/train/mod.ts";
import { inFolder } from "../support/folder.ts";
import { numbersOf } from "./ranks_chain.ts";
import { chain, errorOf, ranks } from "./ranks_support.ts";
import { assertSameWeights, chainRows, quiet, short, tinyModel, tokens } from "./support.ts";

const hidden = { display: false } as const;

Deno.test("two ranks give the numbers of one process with two lanes, bit for bit", async () => {
  using whole = await tinyModel();
  const want = await chain(whole, { lanes: 2 }).run(hidden);
  assert.equal(want.history.length, 12);
  const results = await ranks(2, async (model, rank) => {
    const run = chain(model).run(hidden);
    const result = await run;
    await assertSameWeights(model, whole);
    const { traceEvents }: { traceEvents: { pid: number; name: string }[] } = JSON.parse(run.trace());
    const traced = new Set(traceEvents.filter(({ name }) => name === "gradients").map(({ pid }) => pid));
    assert.deepEqual([...traced], rank === 0 ? [0, 1] : [0], "rank 0 has the events of both");
    return result;
  });
  assert.equal(results[0].overlap, results[1].overlap);
  for (const { status, exact, history, validations, devices } of results) {
    assert.equal(status, "done");
    assert.equal(exact, true);
    assert.equal(devices, 2);
    assert.deepEqual(numbersOf(history), numbersOf(want.history));
    assert.deepEqual(validations, want.validations);
  }
});

Deno.test("a stop on one rank ends all after the same step; the run goes on with another number of ranks", async () => {
  using whole = await tinyModel();
  const want = await chain(whole, { lanes: 4 }).run(hidden);
  await inFolder(async (folder) => {
    const stopped = await ranks(2, async (model, rank) => {
      const run = chain(model, { lanes: 4 }, folder).run(hidden);
      for await (const { step } of run.events("step")) {
        if (rank === 1 && step === 3) run.stop();
      }
      return await run;
    });
    const [one, other] = stopped;
    assert.equal(one.status, "stopped");
    assert.equal(other.status, "stopped");
    assert.ok(one.history.length >= 3 && one.history.length < 12, `${one.history.length} steps`);
    assert.deepEqual(numbersOf(one.history), numbersOf(other.history));
    assert.equal(one.checkpoint, other.checkpoint);

    using alone = await tinyModel();
    const { until } = { until: one.history.length + 2 };
    const middle = await chain(alone, {}, folder).resume(folder, { ...hidden, until });
    assert.equal(middle.exact, true);
    assert.equal(middle.history.length, until);

    const resumed = await ranks(2, async (model) => {
      const result = await chain(model, {}, folder).resume(folder, hidden);
      await assertSameWeights(model, whole);
      return result;
    });
    for (const { exact, history, validations } of resumed) {
      assert.equal(exact, true);
      assert.deepEqual(numbersOf(history), numbersOf(want.history));
      assert.equal(JSON.stringify(validations), JSON.stringify(want.validations));
    }
    const other3 = await ranks(3, (model) => errorOf(chain(model, {}, folder).resume(folder, hidden)));
    for (const error of other3) {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /4 lanes run on 1 or 2 or 4 data ranks; there are 3/);
    }
    const lanes = await errorOf(chain(alone, { lanes: 2 }, folder).resume(folder, hidden));
    assert.match(lanes.message, /parallel\.lanes was 4, now it is 2\. Use the plan of the checkpoint/);
  });
});

Deno.test("ranks pause, step and go on together", async () => {
  const results = await ranks(2, async (model, rank) => {
    const run = quiet(model).pretrain(tokens(9), { ...short, steps: 8, validation: false }).run(hidden);
    const seen: number[] = [];
    for await (const { step } of run.events("step")) {
      seen.push(step);
      if (step !== 2 || rank === 0) continue;
      run.pause();
      await new Promise((resolve) => setTimeout(resolve, 300));
      const at = run.history.length;
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(run.history.length, at, "no step in a pause");
      run.step(2);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.ok(run.history.length <= at + 2);
      run.resume();
    }
    return [(await run).status, seen];
  });
  for (const result of results) assert.deepEqual(result, ["done", [1, 2, 3, 4, 5, 6, 7, 8]]);
});

Deno.test("evaluations run on rank 0 and reach all ranks; only rank 0 shows and writes", async () => {
  await inFolder(async (folder) => {
    const printed: string[] = [];
    let listened: Promise<RunEvent[]> | undefined;
    const { log } = console;
    console.log = (text) => printed.push(String(text));
    try {
      const results = await ranks(2, async (model, rank) => {
        const trainer = quiet(model, {
          log: `${folder}/curves`,
          checkpoint: `${folder}/run`,
          peakFlops: 1e12,
        })
          .evaluate({ run: async (model) => ({ rank, loss: (await model.loss(tokens(3, 6))).loss }) }, {
            every: 2,
          })
          .pretrain(tokens(9), { ...short, steps: 4, validation: false });
        const run = trainer.run();
        if (rank === 0) listened = Array.fromAsync(run.events());
        const result = await run;
        await result.show();
        return result;
      });
      const [one, other] = results.map(({ evaluations }) =>
        evaluations.map(({ step, result }) => [step, result])
      );
      assert.equal(one.length, 2);
      assert.deepEqual(one, other);
      for (const [, result] of one) assert.equal((result as { rank: number }).rank, 0);
    } finally {
      console.log = log;
    }
    const events = await listened!;
    assert.deepEqual(events.map(({ type }) => type), [
      ...[
        "stage",
        "warning",
        "step",
        "step",
        "evaluation",
        "step",
        "step",
        "checkpoint",
        "evaluation",
        "done",
      ],
    ]);
    assert.equal((events[0] as StageEvent).devices, 2);
    const [line, card, ...more] = printed.filter((text) => /\b4\/4 done\b/.test(text));
    assert.match(line, /^pretrain .*checkpoint \S+$/, "the last line of the run");
    assert.match(card, /on\s+each\s+of\s+2\s+devices/, "result.show() of rank 0");
    assert.deepEqual(more, []);
    assert.equal([...Deno.readDirSync(`${folder}/curves`)].length, 1);
  });
});

Deno.test("steps() under ranks: equal losses, and a rank that leaves the loop ends it for all", async () => {
  using whole = await tinyModel();
  const options = { ...short, steps: 6, validation: false } as const;
  const want: number[] = [];
  for await (const step of quiet(whole, { parallel: { lanes: 2 } }).pretrain(tokens(9), options).steps()) {
    want.push(await step.loss());
  }
  const losses = await ranks(2, async (model, rank) => {
    const seen: number[] = [];
    for await (const step of quiet(model).pretrain(tokens(9), options).steps()) {
      seen.push(await step.loss());
      if (rank === 1 && step.step === 4) break;
    }
    return seen;
  });
  assert.deepEqual(losses, [want.slice(0, 4), want.slice(0, 4)]);
});

Deno.test("processes with parallel: false train by themselves, and refuse to share a folder", async () => {
  await inFolder(async (folder) => {
    using alone = await tinyModel();
    const options = { ...short, steps: 3, validation: false } as const;
    const want = await quiet(alone).pretrain(tokens(9), options).run(hidden);
    const results = await ranks(2, async (model, rank) => {
      const trainer = (checkpoint: string) =>
        quiet(model, { checkpoint, parallel: false }).pretrain(tokens(9), options);
      const own = await trainer(`${folder}/${rank}`).run(hidden);
      assert.deepEqual(numbersOf(own.history), numbersOf(want.history));
      return await errorOf((async () => await trainer(`${folder}/shared`).run(hidden))());
    });
    const refused = results.filter(({ message }) => message !== "none");
    assert.equal(refused.length, 1);
    assert.match(refused[0].message, /another process trains into|belongs to run|holds the checkpoints/);
  });
});

Deno.test("verifyResume under ranks proves an exact resume", async () => {
  const proofs = await ranks(2, async (model) => {
    const trainer = quiet(model).pretrain(tokens(20), { ...short, steps: 9, validation: false });
    return await trainer.verifyResume({ steps: 3 });
  });
  for (const { exact, steps, difference } of proofs) {
    assert.equal(difference, undefined);
    assert.deepEqual([exact, steps], [true, 3]);
  }
});

Deno.test("a model that two ranks hold trains, measures and saves as one process within the bounds of f32", async () => {
  using whole = await tinyModel();
  const want = await chain(whole).run(hidden);
  await inFolder(async (folder) => {
    const results = await ranks(2, async (model) => {
      const result = await chain(model, {}, folder).run(hidden);
      assert.ok(result.overlap! >= 0 && result.overlap! <= 1);
      return result;
    }, 2);
    for (const { history, validations } of results) {
      assert.deepEqual(numbersOf(history), numbersOf(results[0].history));
      history.forEach(({ loss }, i) =>
        assert.ok(Math.abs(loss / want.history[i].loss - 1) < 2e-6, `step ${i + 1}`)
      );
      validations.forEach(({ loss }, i) => assert.ok(Math.abs(loss / want.validations[i].loss - 1) < 2e-6));
    }
    using alone = await tinyModel();
    const { status, exact, warnings } = await chain(alone, {}, folder).resume(folder, hidden);
    assert.deepEqual([status, exact], ["done", false]);
    assert.match(warnings.join(), /its copy of the model was divided over 2, now it is over 1 ranks/);
  });
});

Deno.test("two stages of halves, the second of adapters, with masked targets: two ranks equal one process", async () => {
  const twoStages = (model: Model, parallel: TrainerParallelOptions = {}, checkpoint?: string) => {
    const masked = Dataset.tokens(
      chainRows(9).map((row, i) => ({
        ids: row.slice(0, 12),
        targets: Array.from(row.slice(1), (id, t) => (t + i) % 3 ? id : -100),
      })),
      { order: "given" },
    );
    const options = { ...short, steps: 4, validation: false } as const;
    return quiet(model, { parallel, checkpoint }).pretrain(tokens(9), options)
      .pretrain(masked, { ...options, lora: { rank: 2 } });
  };
  using whole = await tinyModel({ dtype: "f16" });
  const want = await twoStages(whole, { lanes: 2 }).run(hidden);
  await inFolder(async (folder) => {
    const results = await ranks(
      2,
      async (model, rank) => {
        const run = twoStages(model, {}, folder).run(hidden);
        for await (const { step } of run.events("step")) if (rank === 0 && step === 6) run.stop();
        await run;
        const result = await twoStages(model, {}, folder).resume(folder, hidden);
        await assertSameWeights(model, whole);
        return result;
      },
      1,
      { dtype: "f16" },
    );
    for (const { exact, history } of results) {
      assert.equal(exact, true);
      assert.deepEqual(numbersOf(history), numbersOf(want.history));
    }
  });
});
