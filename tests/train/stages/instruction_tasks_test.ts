import assert from "node:assert/strict";
import { ConfigError, DataError } from "../../../src/base/errors.ts";
import { type Conversation, Dataset } from "../../../src/data/mod.ts";
import { Tokenizer } from "../../../src/tokenizer/mod.ts";
import { type InstructionTask, taskMixture } from "../../../src/train/mod.ts";
import { quiet, tinyModel } from "../support.ts";

const rows = (task: string, count: number) =>
  Dataset.from(
    Array.from({ length: count }, (_, i) => ({ text: `${task} ${i}`, label: i % 2 ? "odd" : "even" })),
  );
const templates = [{ prompt: "Is {text} odd?", answer: "{label}" }, {
  prompt: "{text} is",
  answer: "{label}.",
}];
const task = (name: string, count: number, more: Partial<InstructionTask> = {}): InstructionTask => ({
  from: rows(name, count),
  templates,
  ...more,
});
const question = ({ messages }: Conversation) => messages[0].content;
const weightsOf = (data: Dataset<Conversation>) =>
  Object.fromEntries(data.plan.mix!.map(({ name, weight }) => [name, weight]));

Deno.test("a task is capped, and drawn by the bytes of its examples times its weight", async () => {
  const even = weightsOf(await taskMixture({ a: task("x", 40), b: task("y", 400, { cap: 40 }) }));
  assert.ok(Math.abs(even.a - 0.5) < 0.05, JSON.stringify(even));
  const more = weightsOf(await taskMixture({ a: task("x", 40, { weight: 3 }), b: task("y", 40) }));
  assert.ok(Math.abs(more.a - 0.75) < 0.05, JSON.stringify(more));
  // Chung et al.: shares of the groups, and inside a group by the capped numbers of examples.
  const shares = { muffin: 0.46, sf: 0.54 };
  const grouped = weightsOf(
    await taskMixture({
      a: task("x", 30, { group: "muffin" }),
      b: task("y", 10, { group: "muffin" }),
      c: task("z", 99, { group: "sf" }),
    }, { shares }),
  );
  assert.ok(Math.abs(grouped.a + grouped.b - 0.46) < 1e-12 && Math.abs(grouped.c - 0.54) < 1e-12);
  assert.ok(Math.abs(grouped.a / grouped.b - 3) < 0.5, JSON.stringify(grouped));
});

Deno.test("each example takes a template, worked examples and delimiters, the same ones at every reading", async () => {
  const mixture = () => taskMixture({ a: task("x", 60, { shots: [0, 2] }) });
  const one = await (await mixture()).toArray();
  const two = await (await mixture()).toArray();
  assert.deepEqual(one, two);
  const zero = one.filter((chat) => !question(chat).includes("\n"));
  const worked = one.filter((chat) => question(chat).includes("\n"));
  assert.ok(zero.length > 15 && worked.length > 15, `${zero.length} without, ${worked.length} with`);
  assert.ok(
    one.some((chat) => question(chat).endsWith(" is")) && one.some((chat) => /odd\?/.test(question(chat))),
  );
  for (const chat of worked) {
    const parts = question(chat).split("\n\n");
    const own = parts.at(-1)!.match(/x \d+/)![0];
    assert.equal(parts.length, 3, question(chat));
    assert.ok(
      parts.slice(0, 2).every((part) => /\n.*(odd|even)/.test(part) && part.match(/x \d+/)![0] !== own),
    );
    assert.ok(!/(odd|even)\.?$/.test(parts[2]), "the example's own answer is not in its question");
  }
  const asked = new Set(worked.map((chat) => question(chat).match(/^(Q: |Question: |Input: )?/)![0]));
  assert.equal(asked.size, 4);
  const other = await (await taskMixture({ a: task("x", 60, { shots: [0, 2] }) }, { seed: 7 })).toArray();
  assert.notDeepEqual(other, one);
});

Deno.test("every part of a mixture is in its fingerprint", async () => {
  const of = async (more: Partial<InstructionTask>, seed = 42) =>
    (await taskMixture({ a: task("x", 9, more) }, { seed })).fingerprint;
  const all = [
    await of({}),
    await of({ shots: [1] }),
    await of({ cap: 8 }),
    await of({}, 3),
    await of({ templates: [templates[0]] }),
  ];
  assert.equal(new Set(all).size, 5);
  assert.equal(await of({}), all[0]);
});

Deno.test("a wrong task is refused with its name", async () => {
  const wrong = async (tasks: Record<string, unknown>, options = {}) =>
    await taskMixture(tasks as Record<string, InstructionTask>, options).then(
      () => undefined,
      (error) => error,
    );
  const missing = await wrong({
    mood: task("x", 3, { templates: [{ prompt: "{texts}", answer: "{label}" }] }),
  });
  assert.ok(missing instanceof DataError);
  assert.match(missing.message, /task mood: .*asks for \{texts\}, the row has text, label/);
  const cases: [Record<string, unknown>, object, RegExp][] = [
    [{}, {}, /at least one is needed/],
    [{ a: { ...task("x", 3), cap: 0 } }, {}, /taskMixture\.a\.cap: must be at least 1/],
    [{ a: { ...task("x", 3), shot: [1] } }, {}, /taskMixture\.a\.shot: unknown option, did you mean "shots"/],
    [{ a: { ...task("x", 3), templates: [] } }, {}, /needs at least one template/],
    [{ a: task("x", 3, { group: "g" }) }, {}, /a must name a group/],
    [{ a: task("x", 3, { group: "g" }) }, { shares: { h: 1 } }, /shares holds \(h\), current value is "g"/],
  ];
  for (const [tasks, options, message] of cases) {
    const error = await wrong(tasks, options);
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, message);
  }
});

Deno.test("the mask preview marks answers and their end as learned, and nothing else", async () => {
  using model = await tinyModel({ vocabSize: 300, context: 40 });
  model.tokenizer = await Tokenizer.train(rows("x", 40), { vocabSize: 272 });
  const data = await taskMixture({ a: task("x", 40, { templates: [templates[0]] }) });
  const trainer = quiet(model).instruct(data);
  const preview = await trainer.maskPreview(2);
  const { pieces, tokens, learned, cut } = preview.examples[0];
  const answer = pieces.filter(({ kind }) => kind === "answer");
  assert.equal(learned, answer.reduce((sum, piece) => sum + piece.tokens, 0));
  assert.equal(tokens, pieces.reduce((sum, piece) => sum + piece.tokens, 0));
  assert.equal(cut, 0);
  assert.match(String(preview), /^user +.*Is x \d+ odd\?\nassistant +.*« ?(odd|even)<\/s>»$/m);
  assert.match(preview.picture().html!, /<u [^>]*>[^<]*(odd|even)&lt;\/s&gt;<\/u>/);
  await assert.rejects(quiet(model).maskPreview(), /add a stage first/);
});
