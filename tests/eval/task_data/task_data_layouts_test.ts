// Repositories and archives as their authors publish them, given by their parent, root, inner folder or file. Each tree also holds the files of other splits, which must not be asked.
import assert from "node:assert/strict";
import { type ChoiceOutcome, Evaluator, type TaskData } from "../../../src/eval/mod.ts";
import { jsonl, scorer, withFiles, writer } from "../fakes.ts";
import {
  article,
  boolq,
  crows,
  csvQuestion,
  gsm8k,
  hellaswag,
  multiple,
  nq,
  other,
  piqa,
  problem,
  range,
  rows,
  siqa,
  toxicity,
  trivia,
  truthful,
  winogender,
  winogrande,
} from "./published_rows.ts";

const model = { ...scorer(() => -1), ...writer(() => " x") };

async function run(task: string, data: TaskData) {
  const [result] = (await new Evaluator(model).add(task, { data, shots: 0 }).run()).results;
  return result;
}

const labels = (count: number, low = 0) => range(count).map((i) => `${low + i % 2}\n`).join("");
/** Task, files of its tree, the paths that may be given, number of items. */
const layouts: [task: string, files: Record<string, string>, starts: string[], count: number][] = [
  ["boolq", { "boolq/dev.jsonl": rows(5, boolq), "boolq/train.jsonl": other(boolq) }, [
    "",
    "boolq",
    "boolq/dev.jsonl",
  ], 5],
  [
    "boolq",
    {
      "superglue/BoolQ/val.jsonl": rows(
        3,
        (i, mark) => ({ ...boolq(i, mark), answer: undefined, label: i % 2 === 0, idx: i }),
      ),
      "superglue/BoolQ/train.jsonl": other(boolq),
      "superglue/BoolQ/test.jsonl": other((i, mark) => ({ ...boolq(i, mark), answer: undefined })),
    },
    ["", "superglue", "superglue/BoolQ"],
    3,
  ],
  [
    "boolq",
    {
      "super_glue/boolq/validation.jsonl": rows(2, boolq),
      "super_glue/cb/validation.jsonl": other(boolq),
      "super_glue/copa/validation.jsonl": other(boolq),
    },
    ["", "super_glue", "super_glue/boolq"],
    2,
  ],
  [
    "piqa",
    {
      "piqa/valid.jsonl": rows(4, piqa),
      "piqa/valid-labels.lst": labels(4),
      "piqa/train.jsonl": other(piqa),
      "piqa/train-labels.lst": labels(4),
      "piqa/tests.jsonl": other(piqa),
    },
    ["", "piqa", "piqa/valid.jsonl"],
    4,
  ],
  [
    "piqa",
    {
      "physicaliqa-train-dev/dev.jsonl": rows(4, piqa),
      "physicaliqa-train-dev/dev-labels.lst": labels(4),
      "physicaliqa-train-dev/train.jsonl": other(piqa),
      "physicaliqa-train-dev/train-labels.lst": labels(4),
    },
    ["", "physicaliqa-train-dev"],
    4,
  ],
  [
    "siqa",
    {
      "a/socialiqa-train-dev/dev.jsonl": rows(6, siqa),
      "a/socialiqa-train-dev/dev-labels.lst": labels(6, 1),
      "a/socialiqa-train-dev/train.jsonl": other(siqa),
      "a/socialiqa-train-dev/train-labels.lst": labels(4, 1),
    },
    ["", "a", "a/socialiqa-train-dev", "a/socialiqa-train-dev/dev.jsonl"],
    6,
  ],
  [
    "hellaswag",
    {
      "hellaswag-master/data/hellaswag_val.jsonl": rows(5, hellaswag),
      "hellaswag-master/data/hellaswag_train.jsonl": other(hellaswag),
      "hellaswag-master/data/hellaswag_test.jsonl": other((i, mark) => ({
        ...hellaswag(i, mark),
        label: undefined,
      })),
      "hellaswag-master/README.md": "x",
    },
    ["", "hellaswag-master", "hellaswag-master/data", "hellaswag-master/data/hellaswag_val.jsonl"],
    5,
  ],
  [
    "winogrande",
    {
      "winogrande_1.1/dev.jsonl": rows(5, winogrande),
      "winogrande_1.1/dev-labels.lst": range(5).map((i) => `${1 + i % 2}\n`).join(""),
      "winogrande_1.1/train_xl.jsonl": other(winogrande),
      "winogrande_1.1/test.jsonl": other((i, mark) => ({ ...winogrande(i, mark), answer: undefined })),
    },
    ["", "winogrande_1.1", "winogrande_1.1/dev.jsonl"],
    5,
  ],
  ...["Easy", "Challenge"].map((kind): typeof layouts[number] => [`arc-${kind.toLowerCase()}`, {
    [`ARC-V1-Feb2018-2/ARC-${kind}/ARC-${kind}-Test.jsonl`]: rows(6, multiple),
    [`ARC-V1-Feb2018-2/ARC-${kind}/ARC-${kind}-Dev.jsonl`]: other(multiple),
    [`ARC-V1-Feb2018-2/ARC-${kind}/ARC-${kind}-Test.csv`]: "questionID,question\n",
    [
      `ARC-V1-Feb2018-2/ARC-${kind === "Easy" ? "Challenge" : "Easy"}/ARC-${
        kind === "Easy" ? "Challenge" : "Easy"
      }-Test.jsonl`
    ]: other(multiple),
  }, [
    "",
    "ARC-V1-Feb2018-2",
    `ARC-V1-Feb2018-2/ARC-${kind}`,
    `ARC-V1-Feb2018-2/ARC-${kind}/ARC-${kind}-Test.jsonl`,
  ], 6]),
  ["openbookqa", {
    "OpenBookQA-V1-Sep2018/Data/Main/test.jsonl": rows(5, multiple),
    "OpenBookQA-V1-Sep2018/Data/Main/dev.jsonl": other(multiple),
    "OpenBookQA-V1-Sep2018/Data/Main/test.tsv": "x\n",
    "OpenBookQA-V1-Sep2018/Data/Additional/test_complete.jsonl": other(multiple),
  }, [
    "",
    "OpenBookQA-V1-Sep2018",
    "OpenBookQA-V1-Sep2018/Data",
    "OpenBookQA-V1-Sep2018/Data/Main",
    "OpenBookQA-V1-Sep2018/Data/Main/test.jsonl",
  ], 5],
  [
    "natural-questions",
    {
      "natural-questions/nq_open/NQ-open.dev.jsonl": rows(7, nq),
      "natural-questions/nq_open/NQ-open.train.jsonl": other(nq),
      "natural-questions/nq_open/NQ-open.efficientqa.dev.1.1.jsonl": other(nq),
      "natural-questions/nq_open/NQ-open.efficientqa.dev.1.1.no-annotations.jsonl": other(nq),
    },
    ["", "natural-questions", "natural-questions/nq_open", "natural-questions/nq_open/NQ-open.dev.jsonl"],
    7,
  ],
  [
    "triviaqa",
    {
      "triviaqa-rc/qa/wikipedia-dev.json": trivia("right", "Wikipedia"),
      "triviaqa-rc/qa/wikipedia-train.json": trivia("wrong", "Wikipedia"),
      "triviaqa-rc/qa/web-dev.json": trivia("wrong", "Web"),
      "triviaqa-rc/qa/verified-wikipedia-dev.json": trivia("wrong", "Wikipedia"),
      "triviaqa-rc/qa/wikipedia-test-without-answers.json": trivia("wrong", "Wikipedia"),
      "triviaqa-rc/evidence/wikipedia/Peru.txt": "Peru",
    },
    ["", "triviaqa-rc", "triviaqa-rc/qa", "triviaqa-rc/qa/wikipedia-dev.json"],
    3,
  ],
  [
    "triviaqa",
    {
      "triviaqa-unfiltered/unfiltered-web-dev.json": trivia("right", "unfiltered-web"),
      "triviaqa-unfiltered/unfiltered-web-train.json": trivia("wrong", "unfiltered-web"),
      "triviaqa-unfiltered/unfiltered-web-test-without-answers.json": trivia("wrong", "unfiltered-web"),
    },
    ["", "triviaqa-unfiltered", "triviaqa-unfiltered/unfiltered-web-dev.json"],
    3,
  ],
  ...["middle", "high"].map((level): typeof layouts[number] => [
    `race-${level}`,
    {
      ...Object.fromEntries(range(3).map((i) => [`RACE/test/${level}/${i}.txt`, article(i, "right", level)])),
      [`RACE/test/${level === "high" ? "middle" : "high"}/9.txt`]: article(
        9,
        "wrong",
        level === "high" ? "middle" : "high",
      ),
      [`RACE/dev/${level}/9.txt`]: article(9, "wrong", level),
      [`RACE/train/${level}/9.txt`]: article(9, "wrong", level),
    },
    ["", "RACE", "RACE/test", `RACE/test/${level}`, `RACE/test/${level}/*.txt`],
    6,
  ]),
  [
    "math",
    {
      "MATH/test/algebra/0.json": problem(0, "right"),
      "MATH/test/algebra/1.json": problem(1, "right"),
      "MATH/test/number_theory/0.json": problem(2, "right"),
      "MATH/train/algebra/0.json": problem(3, "wrong"),
    },
    ["", "MATH", "MATH/test"],
    3,
  ],
  [
    "math",
    {
      "MATH/test/algebra/0.json": problem(0, "right"),
      "MATH/train/algebra/0.json": problem(3, "wrong"),
    },
    ["MATH/test/algebra", "MATH/test/algebra/0.json"],
    1,
  ],
  [
    "math",
    {
      "hub/math/algebra/test.jsonl": jsonl([JSON.parse(problem(0, "right"))]),
      "hub/math/geometry/test.jsonl": jsonl([JSON.parse(problem(1, "right"))]),
      "hub/math/geometry/train.jsonl": jsonl([JSON.parse(problem(2, "wrong"))]),
    },
    ["", "hub", "hub/math"],
    2,
  ],
  ["gsm8k", {
    "grade-school-math/grade_school_math/data/test.jsonl": rows(4, gsm8k),
    "grade-school-math/grade_school_math/data/train.jsonl": other(gsm8k),
    "grade-school-math/grade_school_math/data/test_socratic.jsonl": other(gsm8k),
    "grade-school-math/grade_school_math/data/example_model_solutions.jsonl": other(gsm8k),
  }, [
    "",
    "grade-school-math",
    "grade-school-math/grade_school_math",
    "grade-school-math/grade_school_math/data",
    "grade-school-math/grade_school_math/data/test.jsonl",
  ], 4],
  [
    "mmlu",
    {
      "data/test/anatomy_test.csv": csvQuestion(0, "right") + csvQuestion(1, "right"),
      "data/test/virology_test.csv": csvQuestion(2, "right"),
      "data/val/anatomy_val.csv": csvQuestion(3, "wrong"),
      "data/dev/anatomy_dev.csv": csvQuestion(4, "wrong"),
      "data/auxiliary_train/race.csv": csvQuestion(5, "wrong"),
      "data/possibly_contaminated_urls.txt": "x",
    },
    ["", "data", "data/test", "data/test/*_test.csv"],
    3,
  ],
  ["mmlu", { "data/test/anatomy_test.csv": csvQuestion(0, "right") + csvQuestion(1, "right") }, [
    "data/test/anatomy_test.csv",
  ], 2],
  [
    "crows-pairs",
    {
      "crows-pairs/data/crows_pairs_anonymized.csv": crows("right"),
      "crows-pairs/metric.py": "x",
    },
    ["", "crows-pairs", "crows-pairs/data", "crows-pairs/data/crows_pairs_anonymized.csv"],
    3,
  ],
  [
    "truthfulqa",
    {
      "TruthfulQA/TruthfulQA.csv": truthful("right"),
      "TruthfulQA/TruthfulQA_demo.csv": truthful("wrong"),
      "TruthfulQA/data/v0/TruthfulQA.csv": truthful("wrong"),
      "TruthfulQA/data/finetune_truth.jsonl": "{}\n",
    },
    ["", "TruthfulQA", "TruthfulQA/TruthfulQA.csv"],
    3,
  ],
  [
    "truthfulqa",
    {
      "TruthfulQA/data/mc_task.json": JSON.stringify(
        range(2).map((i) => ({
          question: `What is right ${i}?`,
          mc0_targets: { "It is": 1, "No": 0 },
          mc1_targets: { "It is": 1, "No": 0 },
          mc2_targets: { "It is": 1, "Yes": 1, "No": 0 },
        })),
      ),
    },
    ["TruthfulQA/data", "TruthfulQA/data/mc_task.json"],
    2,
  ],
  [
    "winogender",
    {
      "winogender-schemas/data/all_sentences.tsv": winogender("right"),
      "winogender-schemas/data/occupations-stats.tsv":
        "occupation\tbergsma_pct_female\tbls_pct_female\tbls_year\nclerk\t10\t20.5\t2015\n",
      "winogender-schemas/data/templates.tsv": "occupation(0)\tother-participant(1)\tanswer\tsentence\n",
    },
    ["", "winogender-schemas", "winogender-schemas/data", "winogender-schemas/data/all_sentences.tsv"],
    12,
  ],
  [
    "real-toxicity-prompts",
    {
      "realtoxicityprompts-data/prompts.jsonl": rows(4, toxicity),
      "realtoxicityprompts-data/generations/gpt2/prompted_gens_gpt2.jsonl": other(toxicity),
    },
    ["", "realtoxicityprompts-data", "realtoxicityprompts-data/prompts.jsonl"],
    4,
  ],
];

for (const [task, files, starts, count] of layouts) {
  const [first] = Object.keys(files);
  Deno.test(`${task}: ${first} is found from each level of its tree`, () =>
    withFiles(files, async (folder) => {
      for (const start of starts) {
        const { items, protocol } = await run(task, start === "" ? folder : `${folder}/${start}`);
        assert.equal(items.length, count, start);
        assert.equal(protocol.unusable, 0, start);
        const texts = items.map((item) =>
          item.prompt + ((item as ChoiceOutcome).options ?? []).map(({ text }) => text)
        );
        assert.ok(
          texts.every((text) => text.includes("right") && !text.includes("wrong")),
          `${start}: ${texts}`,
        );
        if (task !== "winogender") continue;
        const { results: [{ measures }] } = await new Evaluator(model).add(task, {
          data: start === "" ? folder : `${folder}/${start}`,
        }).run();
        assert.equal(
          measures.filter(({ metric }) => metric.endsWith("(gotcha)")).length,
          2,
          "the shares are found too",
        );
      }
    }));
}
