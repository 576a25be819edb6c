// Rows of the Hugging Face hub as Parquet, as JSON lines and as a dataset, given by the repository, its folder or the file.
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "hyparquet-writer";
import { Dataset } from "../../../src/data/mod.ts";
import { type ChoiceOutcome, Evaluator, type GenerateOutcome, type TaskData } from "../../../src/eval/mod.ts";
import { scorer, withFiles, writer } from "../fakes.ts";

const model = { ...scorer(() => -1), ...writer(() => " x") };

async function run(task: string, data: TaskData) {
  const [result] = (await new Evaluator(model).add(task, { data, shots: 0 }).run()).results;
  return result;
}

/** Rows as the hub gives them: task, path in its repository, rows, right answers or number of items. */
const hub: [task: string, path: string, rows: Record<string, unknown>[], answers: number[] | number][] = [
  ["arc-easy", "ARC-Easy/test-00000-of-00001", [
    { id: "a", question: "Q1?", choices: { text: ["x", "y", "z"], label: ["1", "2", "3"] }, answerKey: "3" },
    { id: "b", question: "Q2?", choices: { text: ["x", "y"], label: ["A", "B"] }, answerKey: "B" },
    { id: "c", question: "Q3?", choices: { text: ["x", "y"], label: ["A", "B"] }, answerKey: "1" },
    { id: "d", question: "Q4?", choices: { text: ["x", "y"], label: ["1", "2"] }, answerKey: "B" },
  ], [2, 1, 0, 1]],
  ["openbookqa", "main/test-00000-of-00001", [
    { id: "a", question_stem: "S", choices: { text: ["x", "y"], label: ["A", "B"] }, answerKey: " B" },
  ], [1]],
  ["hellaswag", "data/validation-00000-of-00001", [
    {
      ind: 1,
      activity_label: "A",
      ctx_a: "B.",
      ctx_b: "",
      ctx: "B.",
      endings: ["a", "b", "c", "d"],
      label: "3",
    },
    {
      ind: 2,
      activity_label: "A",
      ctx_a: "C.",
      ctx_b: "",
      ctx: "C.",
      endings: ["a", "b", "c", "d"],
      label: "0",
    },
  ], [3, 0]],
  ["winogrande", "winogrande_xl/validation-00000-of-00001", [
    { sentence: "The _ is a.", option1: "p", option2: "q", answer: "2" },
  ], [1]],
  ["piqa", "plain_text/validation-00000-of-00001", [{ goal: "G", sol1: "a", sol2: "b", label: 1n }], [1]],
  ["siqa", "data/validation-00000-of-00001", [
    { context: "C", question: "Q?", answerA: "a", answerB: "b", answerC: "c", label: "3" },
  ], [2]],
  ["boolq", "data/validation-00000-of-00001", [{ question: "is it", passage: "P", answer: true }], [0]],
  ["race-high", "high/test-00000-of-00001", [
    { example_id: "high1.txt", article: "A", answer: "C", question: "Q", options: ["a", "b", "c", "d"] },
  ], [2]],
  ["race-middle", "all/test-00000-of-00001", [
    { example_id: "high1.txt", article: "A", answer: "C", question: "Q", options: ["a", "b", "c", "d"] },
    { example_id: "middle1.txt", article: "B", answer: "D", question: "Q", options: ["a", "b", "c", "d"] },
  ], [3]],
  ["mmlu", "anatomy/test-00000-of-00001", [
    { question: "Q?", subject: "anatomy", choices: ["a", "b", "c", "d"], answer: 2n },
  ], [2]],
  ["natural-questions", "nq_open/validation-00000-of-00001", [{ question: "who", answer: ["A", "B"] }], 1],
  ["triviaqa", "rc.nocontext/validation-00000-of-00001", [
    { question: "Q?", question_id: "q1", answer: { value: "V", aliases: ["W"], normalized_aliases: ["w"] } },
    { question: "Q?", question_id: "q1", answer: { value: "V", aliases: ["W"], normalized_aliases: ["w"] } },
  ], 1],
  ["triviaqa", "unfiltered.nocontext/validation-00000-of-00001", [
    { question: "Q?", question_id: "q1", answer: { value: "V", aliases: ["W"], normalized_aliases: ["w"] } },
  ], 1],
  ["math", "algebra/test-00000-of-00001", [
    { problem: "P", level: "Level 1", type: "Algebra", solution: "\\boxed{3}" },
  ], 1],
  ["gsm8k", "main/test-00000-of-00001", [{ question: "Q?", answer: "So.\n#### 3" }], 1],
  ["truthfulqa", "generation/validation-00000-of-00001", [
    {
      type: "A",
      category: "B",
      question: "Q?",
      best_answer: "Yes",
      correct_answers: ["Yes", "Sure"],
      incorrect_answers: ["No"],
      source: "x",
    },
  ], 1],
  ["truthfulqa", "multiple_choice/validation-00000-of-00001", [
    {
      question: "Q?",
      mc1_targets: { choices: ["Yes", "No"], labels: [1, 0] },
      mc2_targets: { choices: ["Yes", "Sure", "No"], labels: [1, 1, 0] },
    },
  ], 1],
  ["real-toxicity-prompts", "train-00000-of-00001", [
    { filename: "f", prompt: { text: "P", toxicity: 0.1 }, continuation: { text: "c", toxicity: 0.1 } },
  ], 1],
];

/** Writes rows as Parquet, nested values as the hub has them. */
function parquet(rows: Record<string, unknown>[]): Uint8Array {
  const columnData = Object.keys(rows[0]).map((name) => {
    const data = rows.map((row) => row[name]);
    return typeof data[0] === "bigint" ? { name, data, type: "INT64" as const } : { name, data };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

for (const [task, path, rows, want] of hub) {
  Deno.test(`${task}: the hub's ${path}, as Parquet, as JSON lines and as a dataset`, async () => {
    const check = async (data: TaskData) => {
      const { items, protocol } = await run(task, data);
      assert.equal(protocol.unusable, 0);
      if (typeof want === "number") assert.equal(items.length, want);
      else assert.deepEqual(items.map((item) => (item as ChoiceOutcome).answer), want);
      if (task === "triviaqa") assert.deepEqual((items[0] as GenerateOutcome).answers, ["V", "W"]);
    };
    const text = rows.map((row) =>
      `${JSON.stringify(row, (_, x) => typeof x === "bigint" ? Number(x) : x)}
`
    ).join("");
    const split = path.replace(/-00000-of-00001$/, "");
    await withFiles({ [`repo/${split}.jsonl`]: text, [`repo/${split}.json`]: text }, async (folder) => {
      await check(`${folder}/repo`);
      await check(`${folder}/repo/${split.includes("/") ? split.slice(0, split.lastIndexOf("/")) : ""}`);
      await check(`${folder}/repo/${split}.json`);
    });
    await withFiles({ [`repo/${path}.txt`]: "" }, async (folder) => {
      await Deno.writeFile(`${folder}/repo/${path}.parquet`, parquet(rows));
      await check(`${folder}/repo`);
      await check(`${folder}/repo/${path}.parquet`);
    });
    await check(Dataset.from(rows));
  });
}
