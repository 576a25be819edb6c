// For every benchmark with right answers, on files in its published format: an oracle gets all items right, its opposite
// none, and a coin is at chance.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { type EvalModel, Evaluator } from "../../../src/eval/mod.ts";
import { jsonl, scorer, withFiles, writer } from "../fakes.ts";
import { asked, type Fixture, fixture, fixtureNames, shuffled } from "./fixtures.ts";

const count = 121;

/** Makes a model that finds the right continuation likely (`sign` 1) or unlikely (-1); without a question it is neutral. */
function oracle(
  { right, inPrompt, options }: Pick<Fixture, "right" | "inPrompt" | "options">,
  sign = 1,
): EvalModel {
  if (!options) {
    return writer((prompt) => {
      const text = right[asked(String(prompt))!];
      return sign > 0 ? text : " wrong, 100000001";
    });
  }
  return scorer((prompt, continuation) => {
    const i = asked(prompt);
    if (i === undefined) return -7;
    const good = inPrompt ? prompt.endsWith(` ${right[i]}`) : continuation === ` ${right[i]}`;
    return good === sign > 0 ? -1e-3 : -1e6;
  });
}

/** Makes a model that draws a score per continuation, in proportion to its length, so that no rule prefers a length. */
function coin(seed: number): EvalModel {
  const random = new Random(seed);
  return scorer((_, continuation) => [...continuation.slice(1)].length * Math.log(1 - random.uniform()));
}

async function score(
  model: EvalModel,
  task: string,
  data: string,
): Promise<{ value: number; chance?: number; n: number }> {
  return (await new Evaluator(model).add(task, { data }).run()).results[0].measures[0];
}

for (const task of fixtureNames) {
  const made = fixture(task, count);
  Deno.test(`${task}: all right, all wrong${made.options ? ", and chance" : ""}`, () =>
    withFiles(made.files, async (folder) => {
      const best = await score(oracle(made), task, folder);
      assert.equal(best.value, 1);
      assert.equal(best.n, count);
      assert.equal((await score(oracle(made, -1), task, folder)).value, 0);
      if (!made.options) return;
      for (const seed of [1, 2, 3]) {
        const { value, chance } = await score(coin(seed), task, folder);
        assert.ok(Math.abs(chance! - 1 / made.options[0].length) < 1e-12);
        const error = Math.sqrt(chance! * (1 - chance!) / count);
        assert.ok(Math.abs(value - chance!) <= 3 * error, `seed ${seed}: ${value}, chance ${chance}`);
      }
    }));
}

for (const task of fixtureNames) {
  Deno.test(`${task}: an oracle on a file with shuffled labels is at chance`, () => {
    const made = fixture(task, count);
    const { files, right, kinds } = shuffled(task, count);
    const chance = 1 / kinds;
    const agreed = right.filter((answer, i) => answer === made.right[i]).length / count;
    assert.ok(Math.abs(agreed - chance) <= 3 * Math.sqrt(chance * (1 - chance) / count));
    return withFiles(files, async (folder) => {
      assert.equal((await score(oracle(made), task, folder)).value, agreed);
    });
  });
}

Deno.test("truthfulqa: a coin is at chance in MC1, in which other true answers do not compete", () => {
  const rows = Array.from(
    { length: count },
    (_, i) => `A,C,Question ${i}?,right,right; truth,wro ${i % 9}; wr ${i}; w ${i},x`,
  );
  const head = "Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source";
  return withFiles({ "TruthfulQA.csv": [head, ...rows].join("\n") + "\n" }, async (folder) => {
    for (const seed of [1, 2, 3]) {
      const random = new Random(seed);
      const even = scorer(() => Math.log(1 - random.uniform()));
      const { value, chance, n } = await score(even, "truthfulqa", folder);
      assert.equal(chance, 1 / 4);
      assert.equal(n, count);
      assert.ok(Math.abs(value - 1 / 4) <= 3 * Math.sqrt(3 / 16 / count), `seed ${seed}: ${value}`);
    }
  });
});

Deno.test("natural-questions: two questions without an answer count as wrong, and n is that of the file", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({
    question: `who was q${i}x`,
    answer: i === 7 ? ["The"] : i === 31 ? ["a", "!"] : ["?", `Name ${i}`],
  }));
  const knows = writer((prompt) => ` the name ${asked(String(prompt))}!\n`);
  await withFiles({ "NQ-open.dev.jsonl": jsonl(rows) }, async (folder) => {
    const report = await new Evaluator(knows).add("natural-questions", { data: folder }).run();
    const { measures: [{ value, n, interval }], protocol } = report.results[0];
    assert.deepEqual([value, n, protocol.unusable], [38 / 40, 40, 2]);
    assert.ok(interval![0] < value && value < interval![1]);
    const text = "2 unusable rows (2 counted as wrong), the first: ";
    const place = `${folder}/NQ-open.dev.jsonl:8: no answer is left: normalisation "words" makes "The" empty`;
    for (const shown of [report.table().toString(), report.compare().toString()]) {
      assert.ok(shown.includes(text + place), shown);
    }
    assert.match(report.table().picture().html!, /2 unusable rows \(2 counted as wrong\)/);
    assert.equal(JSON.parse(JSON.stringify(report)).results[0].protocol.unusable, 2);
    assert.deepEqual(
      JSON.parse(JSON.stringify(report)).results[0].rejects.map(({ line }: { line: number }) => line),
      [8, 32],
    );
    const few = await new Evaluator(knows).add("natural-questions", { data: folder, limit: 10, shots: 5 })
      .run();
    assert.deepEqual([few.results[0].measures[0].n, few.results[0].protocol.unusable], [10, 1]);
    assert.ok(few.results[0].items.every(({ shots }) => !shots.includes(7) && !shots.includes(31)));
  });
});
