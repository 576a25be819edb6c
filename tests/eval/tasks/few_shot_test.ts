import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { defineTask, type EvalModel, Evaluator } from "../../../src/eval/mod.ts";
import { characters, jsonl, piqaLike, scorer, withFiles, writer } from "../fakes.ts";

const items = Array.from(
  { length: 9 },
  (_, i) => ({ q: `q${i}`, options: [`a${i}`, `b${i}`], answer: i % 2 }),
);
const quiz = defineTask({
  name: "quiz",
  kind: "choice",
  items,
  prompt: "{q}?",
  options: ({ options }) => options,
  answer: ({ answer }) => answer,
});
const flat = scorer(() => -1);

Deno.test("examples stand before the prompt with their right answers, drawn with the seed, never the item itself", async () => {
  const run = async (seed: number) =>
    (await new Evaluator(flat, { seed }).add(quiz, { shots: 3, limit: 5 }).run()).results[0];
  const { items: outcomes, protocol } = await run(7);
  assert.equal(protocol.shots, 3);
  assert.equal(protocol.seed, 7);
  assert.equal(outcomes.length, 5);
  outcomes.forEach(({ shots, prompt }, i) => {
    assert.equal(new Set(shots).size, 3);
    assert.ok(!shots.includes(i), `item ${i} is its own example`);
    const examples = shots.map((j) => `q${j}? ${items[j].options[items[j].answer]}`);
    assert.equal(prompt, [...examples, `q${i}?`].join("\n\n"));
  });
  assert.ok(
    outcomes.some(({ shots }) => shots.some((j) => j >= 5)),
    "examples come from all items, not the first",
  );
  assert.deepEqual(await run(7), await run(7));
  assert.notDeepEqual((await run(8)).items.map(({ shots }) => shots), outcomes.map(({ shots }) => shots));
});

Deno.test("an item that is asked twice is not an example of itself", async () => {
  const twice = defineTask({
    name: "twice",
    kind: "generate",
    items: [{ q: "x", a: "1" }, { q: "y", a: "2" }, { q: "x", a: "1" }],
    prompt: "{q}",
    answer: ({ a }) => a,
  });
  const report = await new Evaluator(writer(() => "1")).add(twice, { shots: 1 }).run();
  const shots = report.results[0].items.map(({ shots }) => shots);
  assert.deepEqual(shots[0], [1]);
  assert.deepEqual(shots[2], [1]);
});

Deno.test("examples that do not fit the context are dropped from the end and counted", async () => {
  const longest = "q0? a0\n\nq0? a0\n\nq0? a0".length; // fits two examples and the item with an option
  const model: EvalModel = { ...flat, ...characters(longest) };
  const report = await new Evaluator(model).add(quiz, { shots: 4 }).run();
  const free = await new Evaluator(flat).add(quiz, { shots: 4 }).run();
  report.results[0].items.forEach(({ shots, dropped }, i) => {
    assert.deepEqual(shots, free.results[0].items[i].shots.slice(0, 2));
    assert.equal(dropped, 2);
  });
  assert.equal(report.results[0].protocol.droppedShots, 18);
  assert.match(report.table().toString(), /quiz on fake: 18 examples did not fit and were dropped/);
  const { context, tokenizer } = report.results[0].protocol;
  assert.equal(context, longest);
  assert.equal(tokenizer, "characters");
});

Deno.test("examples come from the file that is named for them", async () => {
  const test = piqaLike(4);
  const train = piqaLike(11, 6);
  const files = {
    "valid.jsonl": jsonl(test.rows),
    "valid-labels.lst": test.labels.join("\n"),
    "train.jsonl": jsonl(train.rows),
    "train-labels.lst": train.labels.join("\n"),
  };
  await withFiles(files, async (folder) => {
    const data = { test: folder, shots: `${folder}/train.jsonl` };
    const report = await new Evaluator(flat).add("piqa", { data, shots: 2 }).run();
    const drawn = new Set(report.results[0].items.map(({ shots }) => String(shots)));
    assert.ok(drawn.size > 1, "each item has examples of its own");
    report.results[0].items.forEach(({ shots: [a, b], prompt }, i) => {
      const example = (j: number) => {
        const { goal, sol1, sol2 } = train.rows[j];
        return `Question: ${goal}\nAnswer: ${train.labels[j] ? sol2 : sol1}\n\n`;
      };
      assert.equal(prompt, `${example(a)}${example(b)}Question: ${test.rows[i].goal}\nAnswer:`);
    });
  });
});

Deno.test("an unusable row of the file of examples is counted and never drawn", async () => {
  const test = piqaLike(6);
  const train = piqaLike(4, 6);
  const labelled = train.rows.map((row, i) => ({ ...row, label: train.labels[i] }));
  const files = {
    "valid.jsonl": jsonl(test.rows.map((row, i) => ({ ...row, label: test.labels[i] }))),
    "train.jsonl": `${jsonl(labelled.slice(0, 2))}{"goal": \n${
      jsonl([{ ...labelled[2], label: 5 }, labelled[3]])
    }`,
  };
  await withFiles(files, async (folder) => {
    const data = { test: `${folder}/valid.jsonl`, shots: `${folder}/train.jsonl` };
    const report = await new Evaluator(flat).add("piqa", { data, shots: 3 }).run();
    const [{ items, protocol }] = report.results;
    assert.equal(protocol.unusable, 0);
    assert.deepEqual(report.rejects("piqa").facts.map(({ line, effect }) => [line, effect]), [
      [3, "not drawn"],
      [4, "not drawn"],
    ]);
    assert.match(
      report.table().toString(),
      /2 unusable example rows, never drawn, the first: .*train\.jsonl:3: /,
    );
    for (const { shots, prompt } of items) {
      assert.deepEqual(shots.toSorted(), [0, 1, 2]);
      assert.ok(!prompt.includes(labelled[2].goal));
    }
  });
});

Deno.test("more examples than there are other items are refused", async () => {
  await assert.rejects(
    new Evaluator(flat).add(quiz, { shots: 9 }).run(),
    (error: unknown) =>
      error instanceof ConfigError && /shots is 9, but there are only 8 other/.test(error.message),
  );
});
