import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../src/base/errors.ts";
import { Dataset } from "../../src/data/mod.ts";
import { Model } from "../../src/model/mod.ts";
import { type PretrainOptions, Trainer } from "../../src/train/mod.ts";
import { version } from "../../src/train/monitoring/version.ts";
import { testDevice } from "../support/device.ts";
import { chainRows, quiet, short, tinyModel, tokens } from "./support.ts";
import { inFolder } from "../support/folder.ts";

/** Returns the settings of a stage of a trainer. */
function settingsOf(trainer: Trainer, nth = 0) {
  return trainer.plan().stages[nth].settings;
}

Deno.test("a wrong option is refused with its path and the allowed values", async () => {
  using model = await tinyModel();
  const trainer = quiet(model);
  const data = tokens(4);
  const wrong: [Record<string, unknown>, RegExp][] = [
    [
      { steps: 5, learningrate: 1 },
      /Trainer\.pretrain\.learningrate: unknown option, did you mean "learningRate"/,
    ],
    [{ steps: 5, learningRate: -1 }, /Trainer\.pretrain\.learningRate: must be above 0, current value is -1/],
    [{ steps: 5, template: "plain" }, /Trainer\.pretrain\.template: unknown option/],
    [{}, /exactly one of tokens, steps and epochs, found none/],
    [{ steps: 5, epochs: 1 }, /exactly one of tokens, steps and epochs, found steps and epochs/],
    [{ steps: 0 }, /Trainer\.pretrain\.steps: must be a whole number, at least 1, current value is 0/],
    [{ steps: 5, beta2: 1 }, /Trainer\.pretrain\.beta2: must be below 1/],
    [
      { steps: 5, validation: 0.7 },
      /Trainer\.pretrain\.validation: must be a share above 0 and at most 0\.5/,
    ],
    [{ steps: 5, save: "none" }, /Trainer\.pretrain\.save: must be "all", "linear" or "block"/],
    [
      { steps: 5, learningRate: 1e-3, minLearningRate: 1e-2 },
      /minLearningRate: must not be above learningRate 0\.001/,
    ],
    [
      { steps: 5, context: 8 },
      /Trainer\.pretrain\.context: the token dataset has windows of 12, current value is 8/,
    ],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => trainer.pretrain(data, options as PretrainOptions), (error) => {
      return error instanceof ConfigError && message.test(error.message);
    }, String(message));
  }
  const text = Dataset.from([{ text: "x" }]);
  assert.throws(
    () => trainer.pretrain(text, { steps: 1, context: 13 }),
    /context: the model's context is 12/,
  );
  assert.throws(() => new Trainer(model, { chekpoint: "x" } as never), /did you mean "checkpoint"/);
  assert.throws(() => new Trainer(model, { energy: { watt: 3 } } as never), /Trainer\.energy\.watt.*"watts"/);
  assert.throws(() => trainer.pretrain("text" as never, { steps: 1 }), /must be a Dataset or a TokenDataset/);
  assert.throws(() => trainer.evaluate({} as never), /must have a run/);
  assert.throws(() => trainer.run(), /add a stage first/);
  const late = trainer.pretrain(data, { steps: 1 }).evaluate({ run: () => Promise.resolve() }, { every: 1 });
  assert.throws(() => late.run(), /must stand before the stages that it watches/);
  assert.throws(() => trainer.pretrain(data, short as never).run(), /exactly one of/);
  assert.throws(() => trainer.pretrain(data, { steps: 1 }).run({ overwrit: true } as never), /"overwrite"/);
  assert.throws(() => trainer.pretrain(data, { steps: 1 }).resume(), /Cannot resume: name the folder/);
  assert.throws(() => trainer.pretrain(text, { steps: 1 }).run(), /has no tokenizer/);
});

Deno.test("defaults are the paper's, or follow from the preset and the batch", async () => {
  using model = await tinyModel();
  const data = tokens(4);
  const paper = settingsOf(quiet(model).pretrain(data, { steps: 1000 }));
  const { learningRate, minLearningRate, beta1, beta2, epsilon, weightDecay, clip, save, batch, microBatch } =
    paper;
  assert.deepEqual(
    { learningRate, minLearningRate, beta1, beta2, epsilon, weightDecay, clip, save, batch, microBatch },
    {
      learningRate: 3e-4,
      minLearningRate: 3e-5,
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      weightDecay: 0.1,
      clip: 1,
      save: "all",
      batch: 16,
      microBatch: 16,
    },
  );
  const stated = new Map(Trainer.help("pretrain").options.map(({ name, fallback }) => [name, fallback]));
  for (const name of ["beta1", "beta2", "epsilon", "weightDecay", "clip", "maxSkipped", "save"] as const) {
    assert.ok(
      stated.get(name)?.startsWith(JSON.stringify(paper[name])),
      `help says ${stated.get(name)} of ${name}`,
    );
  }
  using nano = await Model.create("nano", { device: await testDevice() });
  const rows = Dataset.tokens(chainRows(2, 128));
  const chain = quiet(nano).pretrain(rows, { steps: 10 });
  assert.equal(settingsOf(chain).learningRate, 5e-3);
  assert.equal(settingsOf(chain).batch, 32);
  assert.equal(settingsOf(chain).microBatch, 8);
  assert.equal(settingsOf(quiet(nano).pretrain(rows, { steps: 1, batchTokens: 1 })).batch, 1);
  // Nine sequences in micro-batches of at most eight are five and four, not eight and one.
  assert.equal(settingsOf(quiet(nano).pretrain(rows, { steps: 1, batchTokens: 9 * 128 })).microBatch, 5);
  assert.equal(settingsOf(chain.instruct(rows, { learningRate: 1e-3 }), 1).learningRate, 1e-3);
  assert.equal(settingsOf(chain.instruct(rows), 1).learningRate, 5e-4);
  assert.equal(settingsOf(quiet(model).instruct(data)).learningRate, 3e-5);
  assert.deepEqual(settingsOf(quiet(model).instruct(data)).length, { epochs: 1 });
});

Deno.test("a stage inherits options of the machine and the optimizer, but not those of the task", async () => {
  using model = await tinyModel();
  const data = tokens(4);
  const chain = quiet(model)
    .pretrain(data, {
      steps: 5,
      ...short,
      clip: 0.5,
      beta2: 0.9,
      save: "linear",
      microBatch: 2,
      validation: false,
    })
    .pretrain(data, { steps: 7, weightDecay: 0 })
    .instruct(data, { clip: 2 });
  const [, second, third] = chain.plan().stages.map(({ settings }) => settings);
  assert.equal(second.name, "pretrain-2");
  assert.equal(third.name, "instruct");
  for (const { batch, microBatch, beta2, save } of [second, third]) {
    assert.deepEqual({ batch, microBatch, beta2, save }, {
      batch: 4,
      microBatch: 2,
      beta2: 0.9,
      save: "linear",
    });
  }
  assert.equal(second.clip, 0.5);
  assert.equal(third.clip, 2);
  assert.equal(third.weightDecay, 0);
  assert.equal(second.learningRate, 3e-4);
  assert.equal(second.warmup, null);
  assert.equal(second.held, 0.01);
});

Deno.test("a trainer is cold: each verb returns a new one, and nothing is read", async () => {
  using model = await tinyModel();
  const missing = Dataset.text("no/such/file.txt") as Dataset;
  const empty = quiet(model);
  const one = empty.pretrain(tokens(4), { steps: 3 });
  const two = one.evaluate({ run: () => Promise.reject(new Error("not now")) }, { every: 2 });
  assert.equal(empty.plan().stages.length, 0);
  assert.equal(one.plan().stages.length, 1);
  assert.ok(!("then" in two));
  model.tokenizer = undefined;
  assert.throws(() => one.pretrain(missing, { steps: 1 }).run(), ConfigError);
  const { stages } = two.toJSON() as { stages: { name: string }[] };
  assert.deepEqual(stages.map(({ name }) => name), ["pretrain", "evaluate"]);
  assert.match(String(two), /pretrain +3 steps +576/);
  assert.match(String(empty), /Nothing planned/);
  assert.match(String(one.pretrain(tokens(3), { epochs: 2 })), /windows of stages in epochs are unknown/);
});

Deno.test("data that cannot be trained on rejects with a typed error", async () => {
  using model = await tinyModel();
  const ignored = Dataset.tokens([{ ids: new Uint32Array(12), targets: new Int32Array(12).fill(-100) }]);
  await assert.rejects(quiet(model).instruct(ignored).run({ display: false }), (error) => {
    return error instanceof DataError && /no supervised token/.test(error.message);
  });
  const foreign = Dataset.tokens(chainRows(2, 12, 99));
  await assert.rejects(
    quiet(model).pretrain(foreign, { steps: 1 }).run({ display: false }),
    (error) => error instanceof ConfigError && /token ids, the model 50/.test(error.message),
  );
});

Deno.test("run() refuses a folder with checkpoints of an earlier run, unless it may overwrite them", async () => {
  await inFolder(async (folder) => {
    using model = await tinyModel();
    const trainer = quiet(model, { checkpoint: `${folder}/run` });
    const first = trainer.pretrain(tokens(4), { ...short, steps: 4, checkpointEvery: 2 });
    await first.run({ display: false });
    const refused = (error: unknown) =>
      error instanceof ConfigError && /resume\(\).*overwrite: true/.test(error.message);
    assert.throws(() => first.run({ display: false }), refused);
    const names = () => [...Deno.readDirSync(`${folder}/run`)].map(({ name }) => name).sort();
    assert.deepEqual(names(), ["pretrain", "step-000002", "step-000004"]);
    Deno.removeSync(`${folder}/run/step-000002`, { recursive: true });
    Deno.removeSync(`${folder}/run/step-000004`, { recursive: true });
    assert.throws(() => first.run({ display: false }), refused, "the folder of a stage counts too");
    Deno.mkdirSync(`${folder}/run/mine`);
    Deno.writeTextFileSync(`${folder}/run/mine/state.json`, "{}");
    const shorter = trainer.instruct(tokens(4), { ...short, steps: 3 });
    await shorter.run({ display: false, overwrite: true });
    assert.deepEqual(names(), ["instruct", "mine", "step-000003"]);
  });
});

Deno.test("the version in checkpoints is that of deno.json", () => {
  const config = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assert.equal(version, config.version);
});
