import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { Dataset } from "../../src/data/mod.ts";
import { defineTask, type EvalModel, Evaluator, type Report } from "../../src/eval/mod.ts";
import type { Model } from "../../src/model/mod.ts";
import type { Evaluation } from "../../src/train/monitoring/evaluation.ts";
import { scorer } from "./fakes.ts";

const colours = defineTask({
  name: "colours",
  kind: "choice",
  items: [{ thing: "snow", colour: "white" }, { thing: "coal", colour: "black" }],
  prompt: "The colour of {thing} is",
  options: () => ["white", "black"],
  answer: (item) => item.colour,
});
const white = scorer((_, option) => option === " white" ? -1 : -2);
const black = scorer((_, option) => option === " white" ? -2 : -1);

/** Compiles only if a `Model` can be evaluated and a trainer can run an `Evaluator`. */
export type Fits = [Model extends EvalModel ? true : never, Evaluator extends Evaluation ? true : never];
[true, true] satisfies Fits;

Deno.test("an evaluator is an immutable plan", () => {
  const empty = new Evaluator(white, { seed: 3 });
  const plan = empty.add(colours, { limit: 1 }).add("piqa", { data: "no/such/place" })
    .loss(Dataset.text("no/such/file.txt"), { name: "tail" });
  assert.deepEqual(empty.toJSON(), { models: ["fake"], seed: 3, tasks: [] });
  assert.deepEqual(plan.toJSON().tasks.map(({ name }) => name), ["colours", "piqa", "tail"]);
  const json = JSON.parse(JSON.stringify(plan));
  assert.deepEqual(json.tasks[1], {
    name: "piqa",
    task: "piqa",
    kind: "choice",
    data: "no/such/place",
    shots: 0,
    rule: "log-likelihood / characters",
    prompt: "Question: {goal}\nAnswer:",
  });
  const shown = plan.toString();
  assert.match(shown, /Evaluation of fake, not run yet/);
  assert.match(shown, /piqa +choice +no\/such\/place/);
  assert.ok(!("then" in plan));
});

Deno.test("several models run by name, one task after another", async () => {
  const report = await new Evaluator({ night: black, day: white }).add(colours).run();
  const found = report.results.map(({ task, model, measures }) => [task, model, measures[0].value]);
  assert.deepEqual(found, [["colours", "night", 0.5], ["colours", "day", 0.5]]);
  assert.equal((report.explain("colours", 0, { model: "day" }).facts as { choice: number }).choice, 0);
  assert.equal((report.explain("colours", 0, { model: "night" }).facts as { choice: number }).choice, 1);
});

Deno.test("a plan without a model runs on the model given to run", async () => {
  const plan = new Evaluator().add(colours, { limit: 1 });
  const run = async (
    evaluation: { run(model: EvalModel, options: object): Promise<Report> },
    model: EvalModel,
  ) => (await evaluation.run(model, { signal: new AbortController().signal })).value("colours");
  assert.equal(await run(plan, white), 1);
  assert.equal(await run(plan, black), 0);
  await assert.rejects(plan.run(), /no model, use new Evaluator\(model\) or run\(model\)/);
  await assert.rejects(new Evaluator(white).run(), /no task, use add or loss/);
});

Deno.test("a task can be added twice under two names", async () => {
  const plan = new Evaluator(white).add(colours).add(colours, { name: "snow", limit: 1 });
  const report = await plan.run();
  assert.equal(report.value("colours"), 0.5);
  assert.equal(report.value("snow"), 1);
  assert.throws(() => plan.add(colours), /Cannot add "colours" twice/);
});

Deno.test("unknown names, options and models are refused with the allowed ones", () => {
  const refused = (make: () => unknown, says: RegExp) =>
    assert.throws(make, (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, says);
      return true;
    });
  const plan = new Evaluator(white);
  refused(() => plan.add("lambada"), /"lambada": this version has boolq, piqa/);
  refused(() => plan.add("piqua"), /did you mean "piqa"\? For a task of your own use defineTask/);
  refused(
    () => plan.add("gsm8k", { variant: "maj1@10" }),
    /variant "maj1@10" of "gsm8k": did you mean "maj1@100"/,
  );
  refused(() => plan.add("piqa", { variant: "fast" }), /variant "fast" of "piqa": it has none/);
  refused(() => plan.add("piqa", { samples: 3 }), /add\(piqa\)\.samples: the task generates no text/);
  refused(() => plan.add("gsm8k", { samples: 3 }), /the text is greedy, so one is enough/);
  const hundred = { variant: "pass@100", samples: 99 };
  refused(() => plan.add("humaneval", hundred), /samples: must be at least 100, current value is 99/);
  refused(
    () => plan.add("real-toxicity-prompts", { scorer: {} as never }),
    /must be a function or \{ name, score/,
  );
  refused(() => plan.add("gsm8k", { scorer: () => 1 }), /add\(gsm8k\)\.scorer: the task takes no scorer/);
  refused(() => plan.add("mbpp", { scorer: () => 1 }), /add\(mbpp\)\.scorer: the task takes no scorer/);
  refused(() => plan.add({} as never), /must be a name or a task made by defineTask/);
  refused(() => plan.add("piqa", { limits: 3 } as object), /add\(piqa\)\.limits: .*did you mean "limit"/);
  refused(() => plan.add("piqa", { limit: 0 }), /add\(piqa\)\.limit/);
  refused(() => plan.add("piqa", { data: { tests: "x" } as never }), /add\(piqa\)\.data/);
  refused(() => plan.add("piqa", { data: { test: "x", label: "y" } as never }), /did you mean "labels"/);
  refused(() => plan.add("piqa", { data: "" }), /must be a path, a URL or a Dataset/);
  refused(() => plan.add("piqa", { data: 5 as never }), /add\(piqa\)\.data/);
  refused(() => plan.add(colours, { data: "x" }), /the task brings its own items/);
  refused(() => plan.loss(Dataset.sample("sotu"), { limits: 3 } as object), /loss\.limits/);
  refused(() => new Evaluator({ seed: 1 } as never), /models\.seed must be a model.*second argument/);
  refused(() => new Evaluator({}), /a model or \{ name: model \}/);
  refused(() => new Evaluator(white, { sed: 1 } as object), /did you mean "seed"/);
  refused(
    () => defineTask({ ...colours, kind: "chioce" } as never),
    /must be one of choice, generate, perplexity/,
  );
  const base = {
    name: "x",
    kind: "choice",
    items: [1],
    prompt: "?",
    options: () => ["a", "b"],
    answer: () => 0,
  };
  refused(() => defineTask({ ...base, anwser: 1 } as never), /defineTask\("x"\)\.anwser: .*"answer"/);
  refused(() => defineTask({ ...base, normalisation: "chars" } as never), /normalisation/);
  refused(() => defineTask({ ...base, options: ["a"] } as never), /options: must be a function/);
  refused(() => defineTask({ ...base, metric: 1 } as never), /metric/);
});

Deno.test("an abort ends the run with its reason, between batches", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const model = scorer(() => {
    controller.abort(reason);
    return -1;
  });
  const many = defineTask({
    name: "many",
    kind: "choice",
    items: Array.from({ length: 500 }, (_, i) => ({ i })),
    prompt: "{i}",
    options: () => ["a", "b"],
    answer: () => 0,
  });
  await assert.rejects(
    new Evaluator(model).add(many).run({ signal: controller.signal }),
    (e) => e === reason,
  );
  assert.equal(model.batches.length, 1);
  const aborted = AbortSignal.abort(reason);
  await assert.rejects(new Evaluator(white).add(colours).run({ signal: aborted }), (e) => e === reason);
  await assert.rejects(new Evaluator().add(colours).run(white, { signal: aborted }), (e) => e === reason);
});

Deno.test("the signal reaches the model", async () => {
  const { signal } = new AbortController();
  const seen: unknown[] = [];
  const model: EvalModel = {
    name: "m",
    scoreBatch: (
      pairs,
      run,
    ) => (seen.push(run?.signal), Promise.resolve(pairs.map(() => ({ logProb: -1, tokens: 1 })))),
    generate: (_, options) => (seen.push(options?.signal), { text: () => Promise.resolve("") }),
    loss: (_, run) => (
      seen.push(run?.signal), Promise.resolve({ loss: 1, bitsPerByte: 1, perplexity: 1, tokens: 1, bytes: 1 })
    ),
  };
  const write = defineTask({ name: "w", kind: "generate", items: [1], prompt: () => "?", answer: () => "a" });
  await new Evaluator(model).add(colours).add(write).loss(Dataset.from([{ text: "a" }])).run({ signal });
  assert.deepEqual(seen, [signal, signal, signal]);
});

Deno.test("items come from arrays, functions and async iterables", async () => {
  const rows = [{ q: "a" }, { q: "b" }, { q: "c" }];
  const forms = [
    rows,
    new Set(rows),
    Dataset.from(rows),
    () => rows,
    async function* () {
      yield* rows;
    },
  ];
  for (const items of forms) {
    const task = defineTask({
      name: "t",
      kind: "choice",
      items,
      prompt: "{q}",
      options: () => ["x", "y"],
      answer: () => 0,
    });
    const report = await new Evaluator({ one: white, two: white }).add(task).run();
    assert.deepEqual(report.results.map(({ items }) => items.length), [3, 3]);
  }
  const once = defineTask({
    name: "t",
    kind: "choice",
    items: rows.values(),
    prompt: "{q}",
    options: () => ["x", "y"],
    answer: () => 0,
  });
  await assert.rejects(
    new Evaluator({ one: white, two: white }).add(once).run(),
    /"t": it has no items \(an iterator is used up/,
  );
});
