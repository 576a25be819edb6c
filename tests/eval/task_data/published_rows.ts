/**
 * Rows in the published form of each benchmark, and its other files as text. `mark` stands in the question.
 *
 * @module
 */
import { jsonl } from "../fakes.ts";

export const range = (count: number) => [...Array(count).keys()];
/** Rows of the right split; `other` makes rows that must not be asked. */
export const rows = (count: number, make: (i: number, mark: string) => object) =>
  jsonl(range(count).map((i) => make(i, "right")));
export const other = (make: (i: number, mark: string) => object, count = 4) =>
  jsonl(range(count).map((i) => make(i, "wrong")));

export const piqa = (i: number, mark: string) => ({
  id: `${i}`,
  goal: `${mark} ${i}`,
  sol1: "a b",
  sol2: "c d",
});
export const siqa = (i: number, mark: string) => ({
  context: `${mark} ${i}.`,
  question: "Why?",
  answerA: "a",
  answerB: "b",
  answerC: "c",
});
export const hellaswag = (i: number, mark: string) => ({
  ind: i,
  activity_label: "Painting",
  ctx_a: `${mark} ${i}.`,
  ctx_b: "he",
  ctx: `${mark} ${i}. he`,
  split: "val",
  split_type: "indomain",
  label: i % 4,
  endings: ["a", "b", "c", "d"],
  source_id: `x~${i}`,
});
export const winogrande = (i: number, mark: string) => ({
  qID: `q-${i}`,
  sentence: `The ${mark} vase ${i} is by the _ of it.`,
  option1: "shelf",
  option2: "table",
  answer: `${1 + i % 2}`,
});
export const multiple = (i: number, mark: string) => ({
  id: `x-${i}`,
  question: {
    stem: `${mark} ${i}`,
    choices: ["p", "q", "r", "s"].map((text, c) => ({ text, label: (i % 2 ? "1234" : "ABCD")[c] })),
  },
  answerKey: (i % 2 ? "1234" : "ABCD")[i % 4],
});
export const boolq = (i: number, mark: string) => ({
  question: `is ${mark} ${i} so`,
  title: "T",
  passage: `Passage ${i}.`,
  answer: i % 2 === 0,
});
export const nq = (i: number, mark: string) => ({ question: `who was ${mark} ${i}`, answer: ["Peru"] });
export const gsm8k = (i: number, mark: string) => ({
  question: `How many ${mark} ${i}?`,
  answer: `So ${i}.\n#### ${i}`,
});
export const toxicity = (i: number, mark: string) => ({
  filename: "f",
  begin: 0,
  end: 9,
  challenging: false,
  prompt: { text: `${mark} ${i}`, toxicity: null },
  continuation: { text: " x", toxicity: 0.1 },
});
export const article = (i: number, mark: string, level: string) =>
  JSON.stringify({
    answers: ["A", "D"],
    options: [["a", "b", "c", "d"], ["e", "f", "g", "h"]],
    questions: [`First ${mark} ${i}?`, `It is  _  .`],
    article: `Article ${mark} ${i}.`,
    id: `${level}${i}.txt`,
  });
export const problem = (i: number, mark: string) =>
  JSON.stringify({
    problem: `${mark} ${i}`,
    level: "Level 1",
    type: "Algebra",
    solution: `It is $\\boxed{${i}}$.`,
  });
export const trivia = (mark: string, source: string) =>
  JSON.stringify({
    Data: range(3).map((i) => ({
      Answer: {
        Aliases: ["Peru", "the Peru"],
        MatchedWikiEntityName: "Peru",
        NormalizedAliases: ["peru"],
        NormalizedValue: "peru",
        Type: "WikipediaEntity",
        Value: "Peru",
      },
      EntityPages: [],
      Question: `Where is ${mark} ${i}?`,
      QuestionId: `tc_${i}`,
      QuestionSource: "http://www.example.org/",
      SearchResults: [],
    })),
    Domain: source,
    VerifiedEval: false,
    Version: 1.0,
  });
export const crows = (mark: string) =>
  ",sent_more,sent_less,stereo_antistereo,bias_type,annotations,anon_writer,anon_annotators\n" +
  range(3).map((i) =>
    `${i},"${mark} ${i}, she.","${mark} ${i}, he.",stereo,gender,"[['gender']]",a0,"['a1']"\n`
  ).join("");
export const truthful = (mark: string) =>
  "Type,Category,Question,Best Answer,Best Incorrect Answer,Correct Answers,Incorrect Answers,Source\n" +
  range(3).map((i) =>
    `Adversarial,Law,What is ${mark} ${i}?,It is,It was,It is; Yes,It was; No,https://example.org\n`
  )
    .join("");
export const csvQuestion = (i: number, mark: string) =>
  `"${mark} ${i}, or ""so""?",w,x,y,z,${"ABCD"[i % 4]}\n`;
export const winogender = (mark: string) =>
  "sentid\tsentence\n" +
  range(2).flatMap((i) =>
    [0, 1].flatMap((answer) =>
      [["male", "he"], ["female", "she"], ["neutral", "they"]].map(([gender, pronoun]) =>
        `clerk.guest.${answer}.${gender}.txt\tThe clerk told the guest that ${pronoun} saw ${mark} ${i}.\n`
      )
    )
  ).join("");
