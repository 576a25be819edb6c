// The published forms of files, and the errors for damaged ones, which name file and line.
import assert from "node:assert/strict";
import { parquetWriteBuffer } from "hyparquet-writer";
import { DataError } from "../../../src/base/errors.ts";
import { Dataset } from "../../../src/data/mod.ts";
import {
  type ChoiceOutcome,
  Evaluator,
  type GenerateOutcome,
  type ItemOutcome,
  type TaskData,
} from "../../../src/eval/mod.ts";
import { jsonl, scorer, withFiles, writer } from "../fakes.ts";
import { fixture } from "./fixtures.ts";

const model = { ...scorer(() => -1), ...writer(() => "x") };

async function items(task: string, data: TaskData): Promise<ItemOutcome[]> {
  return (await new Evaluator(model).add(task, { data, shots: 0 }).run()).results[0].items;
}

Deno.test("Parquet from the hub is read as JSON lines are", async () => {
  const rows = [
    { question: "is it so", passage: "A passage.", answer: true },
    { question: "is it not", passage: "Another.", answer: false },
  ];
  const column = (name: "question" | "passage" | "answer") => ({ name, data: rows.map((row) => row[name]) });
  const bytes = parquetWriteBuffer({ columnData: [column("question"), column("passage"), column("answer")] });
  await withFiles({ "a/dev.jsonl": jsonl(rows), "b/data/x": "" }, async (folder) => {
    await Deno.writeFile(`${folder}/b/data/validation-00000-of-00001.parquet`, new Uint8Array(bytes));
    assert.deepEqual(await items("boolq", `${folder}/b`), await items("boolq", `${folder}/a`));
    await Deno.writeTextFile(`${folder}/broken.parquet`, "PAR1 no");
    await assert.rejects(
      items("boolq", `${folder}/broken.parquet`),
      (error: unknown) => error instanceof DataError && error.file === `${folder}/broken.parquet`,
    );
  });
});

Deno.test("CrowS-Pairs' kinds are names in its CSV file and whole numbers on the hub", async () => {
  const row = { sent_more: "The old clerk.", sent_less: "The young clerk." };
  const kinds = async (bias_type: unknown) => {
    const data = Dataset.from([{ ...row, bias_type }]);
    return (await new Evaluator(model).add("crows-pairs", { data }).run()).results[0].measures.at(-1)!.metric;
  };
  for (const age of ["age", 8, 8n]) assert.equal(await kinds(age), "stereotype, age");
  await assert.rejects(kinds(9), /bias_type must be from 0 to 8/);
});

Deno.test("TriviaQA accepts answers without aliases and skips blank aliases", async () => {
  const row = (aliases: unknown) => ({
    question: "Who?",
    question_id: "q",
    answer: { value: "The Ö", aliases },
  });
  const answers = async (aliases: unknown) =>
    ((await items("triviaqa", Dataset.from([row(aliases)])))[0] as GenerateOutcome).answers;
  assert.deepEqual(await answers([]), ["The Ö"]);
  assert.deepEqual(await answers(["", "Oe", "!"]), ["The Ö", "Oe"]);
  assert.deepEqual(await answers(null), ["The Ö"]);
  await assert.rejects(answers("Oe"), /answer.aliases must be a list of texts/);
});

Deno.test("Windows line ends, a byte-order mark, blank lines and no last line end change nothing", async () => {
  for (const task of ["boolq", "piqa", "mmlu", "winogender", "triviaqa"]) {
    const { files } = fixture(task, 5);
    const windows = Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name, `\ufeff${text.trimEnd().replaceAll("\n", "\r\n")}`]),
    );
    await withFiles(files, async (unix) => {
      const want = await items(task, unix);
      await withFiles(windows, async (folder) => assert.deepEqual(await items(task, folder), want));
    });
  }
});

Deno.test("an error names an empty file, and one with a header line alone", async () => {
  const empty = { "dev.jsonl": "", "x.csv": "question,answer\n", "x.json": "[]", "labels.jsonl": "\n\n" };
  await withFiles(empty, async (folder) => {
    for (const name of Object.keys(empty)) {
      await assert.rejects(items("boolq", `${folder}/${name}`), (error: unknown) => {
        assert.ok(error instanceof DataError, String(error));
        assert.ok(error.message.includes(`${folder}/${name}`), error.message);
        return /there is nothing in it/.test(error.message);
      });
    }
  });
});

Deno.test("MMLU's whole numbers from Parquet, its CSV files by glob, by folder and under LLAMERO_DATA", async () => {
  const rows = [0, 1, 2, 3].map((answer) => ({
    question: `Q${answer}?`,
    subject: "virology",
    choices: ["a", "b", "c", "d"],
    answer: BigInt(answer),
  }));
  const column = (name: string, data: unknown[]) => ({ name, data });
  const bytes = parquetWriteBuffer({
    columnData: [
      column("question", rows.map((row) => row.question)),
      column("subject", rows.map((row) => row.subject)),
      column("choices", rows.map((row) => row.choices)),
      { ...column("answer", rows.map((row) => row.answer)), type: "INT64" as const },
    ],
  });
  await withFiles(fixture("mmlu", 6).files, async (folder) => {
    await Deno.mkdir(`${folder}/all`);
    await Deno.writeFile(`${folder}/all/test-00000-of-00001.parquet`, new Uint8Array(bytes));
    const answers = (outcomes: ItemOutcome[]) => outcomes.map((one) => (one as ChoiceOutcome).answer);
    assert.deepEqual(answers(await items("mmlu", `${folder}/all/test-00000-of-00001.parquet`)), [0, 1, 2, 3]);
    const all = await items("mmlu", folder);
    assert.equal(all.length, 6);
    assert.deepEqual(await items("mmlu", `${folder}/data/test/*.csv`), all);
    const shown = await new Evaluator(model).add("mmlu", { data: `${folder}/data/test/*.csv` }).run();
    assert.match(
      shown.results[0].items[0].prompt,
      /anatomy 4\?/,
      "the five examples stand beside the test folder",
    );
    const before = Deno.env.get("LLAMERO_DATA");
    Deno.env.set("LLAMERO_DATA", folder);
    try {
      const found = await new Evaluator(model).add("mmlu").run();
      assert.deepEqual(found.results[0].items, shown.results[0].items);
    } finally {
      if (before === undefined) Deno.env.delete("LLAMERO_DATA");
      else Deno.env.set("LLAMERO_DATA", before);
    }
  });
});

/** Changes to a fixture that must be refused, each with the file, the line and the message of the error. */
const damage: [
  task: string,
  file: string,
  from: RegExp,
  to: string,
  line: number | undefined,
  says: RegExp,
][] = [
  [
    "boolq",
    "dev.jsonl",
    /"answer":(true|false)/,
    '"answer":"maybe"',
    1,
    /answer must be true or false.*maybe/,
  ],
  ["boolq", "dev.jsonl", /"passage"/, '"text"', 1, /field passage must be a text/],
  ["siqa", "dev-labels.lst", /^./, "4", 1, /label must be from 1 to 3, current value is "4"/],
  ["hellaswag", "hellaswag_val.jsonl", /"endings":\[.*?\]/, '"endings":[]', 1, /endings must be 4 texts/],
  ["hellaswag", "hellaswag_val.jsonl", /"label":"."/, '"label":""', 1, /label must be from 0 to 3/],
  ["winogrande", "dev.jsonl", /the _ was/, "the vase was", 1, /sentence must have one blank/],
  ["winogrande", "dev.jsonl", /"answer":"."/, '"answer":""', 1, /answer must be from 1 to 2/],
  [
    "arc-easy",
    "ARC-Easy-Test.jsonl",
    /"answerKey":"."/,
    '"answerKey":"E"',
    1,
    /answerKey must be one of A, B, C, D/,
  ],
  [
    "arc-challenge",
    "ARC-Challenge/test.jsonl",
    /"text":\[.*?\]/,
    '"text":[]',
    1,
    /choices.text must be a list/,
  ],
  ["openbookqa", "main/test.jsonl", /"label":\["A",/, '"label":[', 1, /choices.label must be 4 texts/],
  ["race-high", "high/test.jsonl", /"answer":"."/, '"answer":"a"', 1, /answer must be one of A, B, C, D/],
  ["mmlu", "data/test/anatomy_test.csv", /,[A-D]\n/, ",E\n", 1, /answer must be one of A, B, C, D/],
  [
    "mmlu",
    "data/test/anatomy_test.csv",
    /,([A-D])\n/,
    ",$1,x\n",
    1,
    /a record of 7 fields, expected 6/,
  ],
  ["winogender", "all_sentences.tsv", /\.txt\t/, ".tx\t", 2, /sentid must be occupation\.participant/],
  ["winogender", "all_sentences.tsv", / she was/, " it was", 2, /sentence must have one of she, her/],
  [
    "natural-questions",
    "NQ-open.dev.jsonl",
    /"answer":\[.*?\]/,
    '"answer":[]',
    1,
    /answer must be a list of texts/,
  ],
  [
    "natural-questions",
    "NQ-open.dev.jsonl",
    /"answer":\[.*?\]/,
    '"answer":["The!"]',
    1,
    /more than punctuation/,
  ],
  [
    "triviaqa",
    "qa/wikipedia-dev.json",
    /"Value":".*?"/,
    '"Value":7',
    undefined,
    /field Answer.Value must be a text/,
  ],
  ["math", "test/algebra/0000.json", /boxed/, "box", undefined, /solution must have its answer in \\boxed/],
  ["gsm8k", "test.jsonl", /#### \d+/, "####", 1, /answer must end with #### and a number/],
  ["gsm8k", "test.jsonl", /"answer".*\n/, '"answer":\n', 1, /JSON/],
];

for (const [task, file, from, to, line, says] of damage) {
  Deno.test(`${task}: the error "${says.source}" names file and line`, () => {
    const { files } = fixture(task, 6);
    const broken = files[file].replace(from, to);
    assert.notEqual(broken, files[file], "the fixture was changed");
    return withFiles({ ...files, [file]: broken }, async (folder) => {
      await assert.rejects(items(task, folder), (error: unknown) => {
        assert.ok(error instanceof DataError, String(error));
        assert.equal(error.file, `${folder}/${file}`);
        assert.equal(error.line, line);
        assert.match(error.message, says);
        return true;
      });
    });
  });
}

Deno.test("a prompt longer than the context is cut on the left and counted", async () => {
  const row = { question: "is it so", passage: "word ".repeat(60), answer: true };
  const tight = {
    ...scorer(() => -1),
    config: { context: 64 },
    scoreBatch: (pairs: readonly (readonly [string, string])[]) =>
      Promise.resolve(
        pairs.map(([prompt]) => ({
          logProb: -1,
          tokens: 1,
          truncatedTokens: Math.max(0, prompt.length - 64),
        })),
      ),
  };
  const report = await new Evaluator(tight).add("boolq", {
    data: Dataset.from([row, { ...row, passage: "Short." }]),
  })
    .run();
  assert.equal(report.results[0].protocol.truncated, 1);
  assert.match(report.table().toString(), /boolq on fake: 1 prompts were cut on the left to fit the context/);
});
