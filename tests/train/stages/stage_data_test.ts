// Packed examples give the same loss and gradients as examples in rows of their own, and labels at the positions of a
// prompt do not count. A share for validation that cannot be held out is warned of.
import assert from "node:assert/strict";
import { DataError } from "../../../src/base/errors.ts";
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
  assert.match(warnings[0], /^pretrain is only 2 updates; fewer than 20 /);
  assert.deepEqual(warnings.slice(1), [
    "validation of pretrain: none: rows of token ids are used as they are",
  ]);
});

Deno.test("a share that small data raises is warned of, and the plan states it once the data is read", async () => {
  using model = await tinyModel({ vocabSize: 300, context: 12 });
  model.tokenizer = await Tokenizer.train(chats.map(({ prompt }) => prompt), { vocabSize: 290 });
  const documents = Array.from({ length: 30 }, (_, i) => ({ id: `${i}`, text: `${i} is a number` }));
  const trainer = quiet(model).pretrain(Dataset.from(documents), { ...short, epochs: 1, validation: 0.02 });
  assert.match(trainer.plan().picture().html!, /2\.0%, at least 8 windows[^]*unknown until the data is read/);
  const plan = await trainer.plan().read();
  const { data, steps } = plan.stages[0];
  assert.ok(data!.heldShare! > 0.1, `${data!.heldShare} is held out`);
  assert.match(plan.picture().html!, /% \(2\.0% asked\)/);
  const { warnings, stages } = await trainer.run({ display: false });
  assert.equal(stages[0].steps, steps);
  assert.match(
    warnings.join("\n"),
    /validation of pretrain: .* of the records, by hash of their ids, raised from 2\.0%/,
  );
});

const refusals: [string, () => Dataset<never>, "pretrain" | "instruct", RegExp][] = [
  [
    "documents to instruct with",
    () => Dataset.from([{ id: "a", text: "A text." }]) as Dataset<never>,
    "instruct",
    /record from:1: it is a document, .*\.pretrain\(\), or make conversations of it with \.map/,
  ],
  [
    "a text reader's documents to instruct with",
    () => Dataset.sample("sotu") as Dataset<never>,
    "instruct",
    /record sotu.*: it is a document/,
  ],
  [
    "rows to instruct with",
    () => Dataset.from([{ instruction: "Add.", output: "2" }]) as Dataset<never>,
    "instruct",
    /record from:1: it is a row with the fields instruction, output, .*with \.conversations\(\)/,
  ],
  [
    "a document among conversations",
    () => Dataset.from<object>([{ messages: chatOf("a") }, { text: "A text." }]) as Dataset<never>,
    "instruct",
    /record from:2: it is a document/,
  ],
  [
    "conversations to pretrain on",
    () => Dataset.from(chats).conversations() as Dataset<never>,
    "pretrain",
    /record from:1: it is a conversation, .*\.instruct\(\), or make documents of conversations/,
  ],
  [
    "a conversation among documents",
    () => Dataset.from<object>([{ text: "A text." }, { messages: chatOf("a") }]) as Dataset<never>,
    "pretrain",
    /record from:2: it is a conversation/,
  ],
];

function chatOf(content: string): Conversation["messages"] {
  return [{ role: "user", content }, { role: "assistant", content }];
}

for (const [name, data, kind, message] of refusals) {
  for (const validation of [false, 0.2] as const) {
    Deno.test(`refused at run time: ${name}${validation ? ", some held out" : ""}`, async () => {
      using model = await tinyModel({ vocabSize: 300, context: 40 });
      model.tokenizer = (await Tokenizer.train(chats.map(({ prompt }) => prompt), { vocabSize: 290 }))
        .withTemplate("plain");
      const options = { ...short, steps: 1, context: 40, batchTokens: 80, validation } as const;
      const isRefused = (error: unknown) => error instanceof DataError && message.test(error.message);
      await assert.rejects(quiet(model)[kind](data(), options).run({ display: false }), isRefused);
      const tokens = data().tokenize(model.tokenizer, { context: 40 });
      await assert.rejects(quiet(model)[kind](tokens, options).run({ display: false }), isRefused);
      const own = quiet(model)[kind](chatOrText(kind), { ...options, validation: data() });
      await assert.rejects(own.run({ display: false }), isRefused, "validation data");
    });
  }
}

function chatOrText(kind: "pretrain" | "instruct"): Dataset<never> {
  const data = kind === "instruct"
    ? Dataset.from(chats).conversations()
    : Dataset.from([{ text: "Some text." }]);
  return data as Dataset<never>;
}
