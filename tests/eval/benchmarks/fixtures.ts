/**
 * Small made-up files in the published format of every benchmark that has right answers.
 *
 * A fixture has `count` items drawn with a seed. The question of the n-th item holds the mark `q<n>x`, by which a fake model
 * recognises it.
 *
 * @module
 */
import { Random } from "../../../src/base/random.ts";
import { jsonl } from "../fakes.ts";

/** A benchmark's files and its answers. */
export interface Fixture {
  /** Name of the benchmark. */
  task: string;
  /** Contents of its files by path. */
  files: Record<string, string>;
  /** The right continuation (choice) or text (generate) of each item. */
  right: string[];
  /** The options of each item, in order, for choice tasks. */
  options?: string[][];
  /** True for a task whose answer stands in the prompt instead of the continuation. */
  inPrompt?: boolean;
}

/** Returns the index of the item that a prompt asks, from the last mark in it. */
export function asked(prompt: string): number | undefined {
  const marks = [...prompt.matchAll(/q(\d+)x/g)];
  return marks.length ? Number(marks.at(-1)![1]) : undefined;
}

/** A function that makes the files of a benchmark with these right answers. */
type Make = (answers: number[], words: (i: number) => string) => Omit<Fixture, "task">;

/** The number of options (of different right answers, for free text) and the maker of the files, by task. */
const makers: Record<string, [options: number, make: Make]> = {
  "boolq": [2, (answers, words) => ({
    files: {
      "dev.jsonl": jsonl(answers.map((a, i) => ({
        question: `is q${i}x so`,
        title: "T",
        passage: `A passage, ${words(i)}.`,
        answer: a === 0,
      }))),
    },
    options: answers.map(() => ["yes", "no"]),
    right: answers.map((a) => ["yes", "no"][a]),
  })],
  "piqa": [2, (answers, words) => ({
    files: {
      "valid.jsonl": jsonl(
        answers.map((_, i) => ({ goal: `Do q${i}x`, sol1: `a ${words(i)}`, sol2: `bb ${words(i + 1)}` })),
      ),
      "valid-labels.lst": answers.join("\n"),
    },
    ...lists(answers, (i) => [`a ${words(i)}`, `bb ${words(i + 1)}`]),
  })],
  "siqa": [3, (answers, words) => ({
    files: {
      "dev.jsonl": jsonl(answers.map((_, i) => ({
        context: `Ravi met Mina, ${words(i)}.`,
        question: `What about q${i}x?`,
        answerA: `a ${words(i)}`,
        answerB: `b ${words(i)}`,
        answerC: `c ${words(i)}`,
      }))),
      "dev-labels.lst": answers.map((a) => a + 1).join("\n"),
    },
    ...lists(answers, (i) => ["a", "b", "c"].map((x) => `${x} ${words(i)}`)),
  })],
  "hellaswag": [4, (answers, words) => ({
    files: {
      "hellaswag_val.jsonl": jsonl(answers.map((a, i) => ({
        ind: i,
        activity_label: "Painting",
        ctx_a: `A man opens q${i}x.`,
        ctx_b: "he",
        ctx: "",
        endings: four(i, words),
        label: String(a),
      }))),
    },
    ...lists(answers, (i) => four(i, words)),
  })],
  "winogrande": [2, (answers) => ({
    files: {
      "dev.jsonl": jsonl(answers.map((a, i) => ({
        sentence: `The vase fell off the shelf of q${i}x because the _ was uneven.`,
        option1: "vase",
        option2: "shelf",
        answer: String(a + 1),
      }))),
    },
    options: answers.map(() => ["vase", "shelf"]),
    right: answers.map((a) => ["vase", "shelf"][a]),
    inPrompt: true,
  })],
  "arc-easy": [4, (answers, words) => ({
    files: {
      "ARC-Easy-Test.jsonl": jsonl(answers.map((a, i) => {
        const labels = i % 2 ? ["1", "2", "3", "4"] : ["A", "B", "C", "D"];
        const choices = four(i, words).map((text, c) => ({ text, label: labels[c] }));
        return { id: `Q${i}`, question: { stem: `What is q${i}x?`, choices }, answerKey: labels[a] };
      })),
    },
    ...lists(answers, (i) => four(i, words)),
  })],
  "arc-challenge": [4, (answers, words) => ({
    files: {
      "ARC-Challenge/test.jsonl": jsonl(answers.map((a, i) => ({
        id: `Q${i}`,
        question: `What is q${i}x?`,
        choices: { text: four(i, words), label: ["A", "B", "C", "D"] },
        answerKey: "ABCD"[a],
      }))),
    },
    ...lists(answers, (i) => four(i, words)),
  })],
  "openbookqa": [4, (answers, words) => ({
    files: {
      "main/test.jsonl": jsonl(answers.map((a, i) => ({
        id: `1-${i}`,
        question_stem: `A cactus keeps q${i}x in its`,
        choices: { text: four(i, words), label: ["A", "B", "C", "D"] },
        answerKey: `${"ABCD"[a]} `,
      }))),
    },
    ...lists(answers, (i) => four(i, words)),
  })],
  "race-middle": [
    4,
    (answers, words) => ({
      files: { "middle/test.jsonl": race(answers, words) },
      ...lists(answers, (i) => four(i, words)),
    }),
  ],
  "race-high": [
    4,
    (answers, words) => ({
      files: { "high/test.jsonl": race(answers, words) },
      ...lists(answers, (i) => four(i, words)),
    }),
  ],
  "mmlu": [4, (answers, words) => {
    const half = Math.ceil(answers.length / 2);
    const subjects = ["anatomy", "philosophy"];
    const line = (i: number) => [`What is q${i}x, or "so"?`, ...four(i, words), "ABCD"[answers[i]]];
    const all = answers.map((_, i) => csv(line(i)));
    const dev = (subject: string) =>
      Array.from({ length: 5 }, (_, d) => csv([`${subject} ${d}?`, ...four(d, words), "ABCD"[d % 4]])).join(
        "",
      );
    return {
      files: {
        [`data/test/${subjects[0]}_test.csv`]: all.slice(0, half).join(""),
        [`data/test/${subjects[1]}_test.csv`]: all.slice(half).join(""),
        [`data/dev/${subjects[0]}_dev.csv`]: dev("anatomy"),
        [`data/dev/${subjects[1]}_dev.csv`]: dev("philosophy"),
      },
      options: answers.map(() => ["A", "B", "C", "D"]),
      right: answers.map((a) => "ABCD"[a]),
    };
  }],
  "winogender": [2, (answers) => {
    const kinds = [["female", "she"], ["male", "he"], ["neutral", "they"]];
    const people = answers.map((_, i) => [`baker${i}`, i % 2 ? "guest" : "someone"]);
    const rows = answers.map((a, i) => {
      const [gender, pronoun] = kinds[i % 3];
      const [baker, other] = people[i];
      const told = other === "someone" ? other : `the ${other}`;
      const sentence = `The ${baker} told ${told} of q${i}x that ${pronoun} was done.`;
      return `${baker}.${other}.${a}.${gender}.txt\t${sentence}\n`;
    });
    const options = people.map((
      [baker, other],
    ) => [`the ${baker}`, other === "someone" ? other : `the ${other}`]);
    return {
      files: { "all_sentences.tsv": `sentid\tsentence\n${rows.join("")}` },
      options,
      right: answers.map((a, i) => options[i][a]),
    };
  }],
  "natural-questions": [7, (answers) => ({
    files: {
      "NQ-open.dev.jsonl": jsonl(
        answers.map((a, i) => ({ question: `who was q${i}x`, answer: [`The Name ${a}`, `N ${a}`] })),
      ),
    },
    right: answers.map((a) => ` name ${a}!\nQ: Who?`),
  })],
  "triviaqa": [7, (answers) => ({
    files: {
      "qa/wikipedia-dev.json": JSON.stringify({
        Data: [...answers.entries(), [0, answers[0]]].map(([i, a]) => ({ // the first question twice
          Question: `Who was q${i}x?`,
          QuestionId: `t${i}`,
          Answer: {
            Value: `The Name ${a}`,
            Aliases: [`Alias ${a}`, "!"],
            NormalizedAliases: [],
            Type: "WikipediaEntity",
          },
        })),
      }),
    },
    right: answers.map((a) => a % 2 ? ` alias ${a}, it is` : ` Name ${a}`),
  })],
  "math": [7, (answers) => ({
    files: Object.fromEntries(answers.map((a, i) => [
      `test/algebra/${String(i).padStart(4, "0")}.json`,
      JSON.stringify({
        problem: `What is q${i}x?`,
        level: "Level 1",
        type: "Algebra",
        solution: `It is $\\boxed{\\frac{${a}}{7}}$.`,
      }),
    ])),
    right: answers.map((a) =>
      ` Thus.\nFinal Answer: The final answer is $\\frac${a}7$. I hope it is correct.`
    ),
  })],
  "gsm8k": [7, (answers) => ({
    files: {
      "test.jsonl": jsonl(
        answers.map((a, i) => ({
          question: `How many are q${i}x?`,
          answer: `${a}*3 = <<${a}*3=${3 * a}>>${3 * a}\n#### ${3 * a}`,
        })),
      ),
    },
    right: answers.map((a) => ` ${a} times 3. The answer is ${3 * a}.00.`),
  })],
};

/** Names of the tasks that have a fixture: the paper's accuracy tasks without the two that run code. */
export const fixtureNames: string[] = Object.keys(makers);

/** Makes files with `count` items and random answers. */
export function fixture(task: string, count: number, seed = 3): Fixture {
  const [options, make] = makers[task];
  const random = new Random(seed).fork(task);
  const answers = Array.from({ length: count }, () => random.below(options));
  return { task, ...make(answers, words) };
}

/** Makes the same items with shuffled answers; `right` has the shuffled ones. */
export function shuffled(task: string, count: number, seed = 3): Fixture & { kinds: number } {
  const [kinds, make] = makers[task];
  const random = new Random(seed).fork(task);
  const answers = Array.from({ length: count }, () => random.below(kinds));
  return { task, kinds, ...make(new Random(seed + 100).shuffle([...answers]), words) };
}

/** Returns words that differ from item to item and in length. */
function words(i: number): string {
  return Array.from({ length: 1 + i % 5 }, (_, w) => `w${i}${"z".repeat((i * 7 + w) % 4)}`).join(" ");
}

function four(i: number, words: (i: number) => string): string[] {
  return ["red", "green,", "dark blue", "none"].map((colour, c) => `${colour} ${words(i + c)}`);
}

function lists(
  answers: number[],
  options: (i: number) => string[],
): { options: string[][]; right: string[] } {
  return { options: answers.map((_, i) => options(i)), right: answers.map((a, i) => options(i)[a]) };
}

function race(answers: number[], words: (i: number) => string): string {
  return jsonl(answers.map((a, i) => ({
    example_id: `m${Math.floor(i / 3)}.txt`,
    article: `On Sunday ${words(Math.floor(i / 3))} swims.`,
    question: `Lin goes to q${i}x to  _  .`,
    options: four(i, words),
    answer: "ABCD"[a],
  })));
}

function csv(fields: string[]): string {
  return fields.map((field) => /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field).join(",") +
    "\n";
}
