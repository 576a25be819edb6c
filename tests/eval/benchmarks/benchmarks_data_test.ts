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
  type OddRowEffect,
  type TaskData,
} from "../../../src/eval/mod.ts";
import { jsonl, scorer, withFiles, writer } from "../fakes.ts";
import { fixture } from "./fixtures.ts";

const model = { ...scorer(() => -1), ...writer(() => " x") };

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

Deno.test("line ends inside quoted fields of a CSV file stay as they are, behind a byte-order mark too", async () => {
  const row = '\ufeff"Line 1\r\nline 2, ""so""?",a,b,"c\nd",e,B\r\nQ2?,a,b,c,d,A\r\n';
  await withFiles({ "data/test/anatomy_test.csv": row }, async (folder) => {
    const [first, second, ...more] = await items("mmlu", folder);
    assert.ok(
      first.prompt.endsWith('Line 1\r\nline 2, "so"?\nA. a\nB. b\nC. c\nd\nD. e\nAnswer:'),
      first.prompt,
    );
    assert.ok(second.prompt.endsWith("Q2?\nA. a\nB. b\nC. c\nD. d\nAnswer:"));
    assert.equal(more.length, 0);
  });
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

/** Changes to one row of a fixture, each with the line and the problem that the report names, and what becomes of the row. */
const damage: [
  task: string,
  file: string,
  from: RegExp,
  to: string,
  line: number | undefined,
  says: RegExp,
  effect?: OddRowEffect,
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
  [
    "hellaswag",
    "hellaswag_val.jsonl",
    /"endings":\[.*?\],"label":"."/,
    '"endings":["a","b","c"],"label":"2"',
    1,
    /endings has 3 options, 4 are usual/,
    "asked",
  ],
  [
    "hellaswag",
    "hellaswag_val.jsonl",
    /"endings":\[.*?\],"label":"."/,
    '"endings":["a","[b]","c","d"],"label":"0"',
    1,
    /1 of 4 options are blank and cannot be chosen/,
    "asked",
  ],
  [
    "hellaswag",
    "hellaswag_val.jsonl",
    /"endings":\[.*?\],"label":"."/,
    '"endings":["a","[b]","c","d"],"label":"1"',
    1,
    /the right option, 1, is blank/,
    "wrong",
  ],
  [
    "race-high",
    "high/test.jsonl",
    /"options":\[.*?\],"answer":"."/,
    '"options":["a"," ","c","d"],"answer":"B"',
    1,
    /the right option, 1, is blank/,
    "wrong",
  ],
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
    /choices.text must be a list of at least two/,
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
    /it has no right answer/,
    "wrong",
  ],
  [
    "natural-questions",
    "NQ-open.dev.jsonl",
    /"answer":\[.*?\]/,
    '"answer":["The!"]',
    1,
    /no answer is left: normalisation "words" makes "The!" empty/,
    "wrong",
  ],
  [
    "triviaqa",
    "qa/wikipedia-dev.json",
    /"Value":".*?","Aliases":\[.*?\]/,
    '"Value":"The The","Aliases":["the","!"]',
    undefined,
    /no answer is left: normalisation "words" makes \["The The","the","!"\] empty/,
    "wrong",
  ],
  [
    "triviaqa",
    "qa/wikipedia-dev.json",
    /"Value":".*?"/,
    '"Value":7',
    undefined,
    /field Answer.Value must be a text/,
  ],
  ["math", "test/algebra/0000.json", /boxed/, "box", undefined, /its normalisation makes "" empty/, "wrong"],
  ["math", "test/algebra/0000.json", /\{\\.frac.*7\}\}/, "{ }", undefined, /makes " " empty/, "wrong"],
  ["math", "test/algebra/0000.json", /^\{/, "", undefined, /not JSON/],
  ["gsm8k", "test.jsonl", /#### \d+/, "####", 1, /its normalisation makes "" empty/, "wrong"],
  ["gsm8k", "test.jsonl", /"answer".*\n/, '"answer":\n', 1, /JSON/],
];

for (const [task, file, from, to, line, says, effect = "left out"] of damage) {
  Deno.test(`${task}: "${says.source}" does not end the benchmark, and names file and line`, () => {
    const { files } = fixture(task, 6);
    const broken = files[file].replace(from, to);
    assert.notEqual(broken, files[file], "the fixture was changed");
    return withFiles({ ...files, [file]: broken }, async (folder) => {
      const report = await new Evaluator(model).add(task, { data: folder, shots: 0 }).run();
      const { items, protocol, measures: [{ n }] } = report.results[0];
      const rejects = report.rejects(task).facts.filter((row) => row.effect !== "asked once");
      assert.deepEqual(rejects.map((row) => [row.file, row.line, row.effect]), [[
        `${folder}/${file}`,
        line,
        effect,
      ]]);
      assert.match(rejects[0].problem, says);
      assert.equal(n, effect === "left out" ? 5 : 6);
      assert.equal(items.length, n);
      assert.equal(protocol.unusable, effect === "asked" ? 0 : 1);
      const unusable = items.filter((item) => item.unusable !== undefined);
      assert.equal(unusable.length, effect === "wrong" ? 1 : 0);
      const shown = {
        "left out": "1 unusable row (1 left out of n), the first: ",
        "wrong": "1 unusable row (1 counted as wrong), the first: ",
        "asked": "1 odd row, asked as in the file, the first: ",
      }[effect as string]!;
      const place = line === undefined ? `${folder}/${file}: ` : `${folder}/${file}:${line}: `;
      for (const text of [report.table().toString(), report.toMarkdown().replaceAll("\\", "")]) {
        assert.ok(text.includes(`${task} on `) && text.includes(shown + place), text);
      }
    });
  });
}

Deno.test("a file most of whose rows cannot be used is refused with the first of them", async () => {
  const { files } = fixture("boolq", 6);
  const lines = files["dev.jsonl"].trimEnd().split("\n");
  const spoil = (count: number) =>
    lines.map((line, i) => i >= 6 - count ? line.replace('"passage"', '"text"') : line).join("\n");
  await withFiles({ "three.jsonl": spoil(3), "four.jsonl": spoil(4) }, async (folder) => {
    assert.equal((await items("boolq", `${folder}/three.jsonl`)).length, 3);
    await assert.rejects(items("boolq", `${folder}/four.jsonl`), (error: unknown) => {
      assert.ok(error instanceof DataError, String(error));
      assert.deepEqual([error.file, error.line], [`${folder}/four.jsonl`, 3]);
      return /field passage must be a text.*; 4 of 6 rows cannot be used for "boolq"/.test(error.message);
    });
  });
});

Deno.test("a test set whose labels are hidden is refused by name", async () => {
  const piqa = { goal: "Dry a book", sol1: "Open it.", sol2: "Freeze it." };
  const scene = { activity_label: "A", ctx_a: "B", ctx_b: "c", endings: ["a", "b", "c", "d"] };
  const winogrande = { sentence: "The _ is small.", option1: "vase", option2: "shelf" };
  const siqa = { context: "A", question: "B?", answerA: "a", answerB: "b", answerC: "c" };
  const hidden: [string, string, object][] = [
    ["piqa", "tests.jsonl", piqa],
    ["piqa", "test.jsonl", { ...piqa, label: -1 }],
    ["hellaswag", "hellaswag_test.jsonl", scene],
    ["hellaswag", "test.jsonl", { ...scene, label: "" }],
    ["winogrande", "test.jsonl", winogrande],
    ["winogrande", "test.jsonl", { ...winogrande, answer: "" }],
    ["siqa", "test.jsonl", siqa],
    ["boolq", "test.jsonl", { question: "is it", passage: "P" }],
  ];
  for (const [task, name, row] of hidden) {
    await withFiles({ [name]: jsonl([row, row, row]) }, async (folder) => {
      await assert.rejects(items(task, `${folder}/${name}`), (error: unknown) => {
        assert.ok(error instanceof DataError, String(error));
        assert.deepEqual([error.file, error.line], [`${folder}/${name}`, 1]);
        return /the labels of a test set are hidden, take the validation set/.test(error.message);
      });
    });
  }
});

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
