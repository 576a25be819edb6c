// Packed examples give the same loss and gradients as examples in rows of their own, and labels at the positions of a
// prompt do not count. A share for validation that cannot be held out is warned of.
import assert from "node:assert/strict";
import { type Conversation, Dataset, type Window } from "../../../src/data/mod.ts";
import { type Model, TrainingStep } from "../../../src/model/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { quiet, short, tinyModel, tokens } from "../support.ts";

const chats = Array.from({ length: 9 }, (_, i) => ({
  prompt: `What is ${"very ".repeat(i % 4)}number ${i}?`,
  completion: "word ".repeat(1 + i % 3).trim(),
}));
const context = 160;

async function windowsOf(data: Dataset<Conversation>, tokenizer: Tokenizer): Promise<Window[]> {
  const prepared = await data.tokenize(tokenizer, { context }).prepare();
  const windows: Window[] = [];
  for await (const window of prepared.ordered()) windows.push(window);
  prepared.close();
  return windows;
}

async function setUp(): Promise<{ model: Model; packed: Window[]; alone: Window[]; step: TrainingStep }> {
  const model = await tinyModel({ vocabSize: 300, context });
  const tokenizer = (await Tokenizer.train(chats.map(({ prompt }) => prompt), { vocabSize: 290 }))
    .withTemplate("plain");
  const packed = await windowsOf(Dataset.from(chats).conversations(), tokenizer);
  const alone: Window[] = [];
  for (const chat of chats) alone.push(...await windowsOf(Dataset.from([chat]).conversations(), tokenizer));
  const options = { microBatch: 4, context, save: "all", beta1: 0.9, beta2: 0.95, epsilon: 1e-8 } as const;
  return {
    model,
    packed,
    alone,
    step: await TrainingStep.create(model, { ...options, weightDecay: 0, clip: 1 }),
  };
}

Deno.test("packed and unpacked batches give the same loss and gradients up to rounding", async () => {
  const { model, packed, alone, step } = await setUp();
  assert.ok(packed.length < alone.length / 2, `${packed.length} windows of ${alone.length} examples`);
  const learned = (windows: Window[]) =>
    windows.reduce((sum, { targets }) => sum + targets.filter((t) => t >= 0).length, 0);
  assert.equal(learned(packed), learned(alone));
  const [a, b] = [await step.gradients(packed), await step.gradients(alone)];
  assert.ok(Math.abs(a.loss - b.loss) < 1e-5, `${a.loss} and ${b.loss}`);
  for (const [name, gradient] of a.gradients) {
    const other = b.gradients.get(name)!;
    const size = Math.hypot(...gradient);
    const off = Math.hypot(...gradient.map((g, i) => g - other[i]));
    assert.ok(off <= 1e-4 * size, `${name}: ${off} of ${size}`);
  }
  step.dispose();
  model.dispose();
});

Deno.test("labels at the positions of a prompt change neither loss nor gradients, unlike those of an answer", async () => {
  const { model, packed, step } = await setUp();
  const before = await step.gradients(packed);
  const labelled = (other: number) =>
    packed.map((window) => ({
      ...window,
      targets: window.targets.map((target) => target < 0 ? other : target),
    }));
  const same = await step.gradients(labelled(-7));
  assert.equal(same.loss, before.loss);
  for (const [name, gradient] of before.gradients) assert.deepEqual(same.gradients.get(name), gradient, name);
  assert.notEqual((await step.gradients(labelled(5))).loss, before.loss);
  step.dispose();
  model.dispose();
});

Deno.test("the end of sequence after an answer counts in the loss", async () => {
  const { model, packed, step } = await setUp();
  const ends = packed.flatMap(({ targets }) => [...targets]).filter((target) => target === 2).length;
  assert.equal(ends, chats.length);
  step.dispose();
  model.dispose();
});

Deno.test("a share for validation that cannot be held out is warned of", async () => {
  using model = await tinyModel();
  const { warnings, validations } = await quiet(model)
    .pretrain(tokens(4), { ...short, steps: 2, validation: 0.2 }).run({ display: false });
  assert.deepEqual(validations, []);
  assert.deepEqual(warnings, ["validation of pretrain: none: rows of token ids are used as they are"]);
});
