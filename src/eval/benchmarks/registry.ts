/**
 * The registry of the paper's benchmarks: one file in this folder and one line in this list per benchmark.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";
import { arcChallenge, arcEasy } from "./arc.ts";
import { boolq } from "./boolq.ts";
import { crowsPairs } from "./crows_pairs.ts";
import { gsm8k } from "./gsm8k.ts";
import { hellaswag } from "./hellaswag.ts";
import { humaneval } from "./humaneval.ts";
import { math } from "./math.ts";
import { mbpp } from "./mbpp.ts";
import { mmlu } from "./mmlu.ts";
import { naturalQuestions } from "./natural_questions.ts";
import { openbookqa } from "./openbookqa.ts";
import { piqa } from "./piqa.ts";
import { raceHigh, raceMiddle } from "./race.ts";
import { realToxicityPrompts } from "./real_toxicity_prompts.ts";
import { siqa } from "./siqa.ts";
import { triviaqa } from "./triviaqa.ts";
import { truthfulqa } from "./truthfulqa.ts";
import { winogender } from "./winogender.ts";
import { winogrande } from "./winogrande.ts";
import type { Task } from "../tasks/task.ts";

/** All benchmarks, in the order of the paper's tables. */
export const benchmarks: readonly Task[] = [
  ...[boolq, piqa, siqa, hellaswag, winogrande, arcEasy, arcChallenge, openbookqa],
  ...[naturalQuestions, triviaqa, raceMiddle, raceHigh],
  ...[math, gsm8k, humaneval, mbpp, mmlu],
  ...[realToxicityPrompts, crowsPairs, winogender, truthfulqa],
];

/**
 * Returns the benchmark of that name.
 *
 * @throws {ConfigError} when there is none; the error lists all names
 */
export function benchmark(name: string): Task {
  const task = benchmarks.find((task) => task.name === name);
  if (task) return task;
  const names = benchmarks.map((task) => task.name);
  const near = nearest(name, names);
  throw new ConfigError(
    `Cannot add the benchmark "${name}": ${
      near ? `did you mean "${near}"?` : `this version has ${names.join(", ")}.`
    } For a task of your own use defineTask`,
    { path: "add", value: name },
  );
}
