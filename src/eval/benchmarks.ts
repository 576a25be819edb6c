/**
 * The paper's benchmarks by name. A benchmark is a file in `benchmarks/` and a line here.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { nearest } from "../base/schema.ts";
import { arcChallenge, arcEasy } from "./benchmarks/arc.ts";
import { boolq } from "./benchmarks/boolq.ts";
import { crowsPairs } from "./benchmarks/crows_pairs.ts";
import { gsm8k } from "./benchmarks/gsm8k.ts";
import { hellaswag } from "./benchmarks/hellaswag.ts";
import { humaneval } from "./benchmarks/humaneval.ts";
import { math } from "./benchmarks/math.ts";
import { mbpp } from "./benchmarks/mbpp.ts";
import { mmlu } from "./benchmarks/mmlu.ts";
import { naturalQuestions } from "./benchmarks/natural_questions.ts";
import { openbookqa } from "./benchmarks/openbookqa.ts";
import { piqa } from "./benchmarks/piqa.ts";
import { raceHigh, raceMiddle } from "./benchmarks/race.ts";
import { realToxicityPrompts } from "./benchmarks/real_toxicity_prompts.ts";
import { siqa } from "./benchmarks/siqa.ts";
import { triviaqa } from "./benchmarks/triviaqa.ts";
import { truthfulqa } from "./benchmarks/truthfulqa.ts";
import { winogender } from "./benchmarks/winogender.ts";
import { winogrande } from "./benchmarks/winogrande.ts";
import type { Task } from "./task.ts";

/** The benchmarks, in the order of the paper's tables. */
export const benchmarks: readonly Task[] = [
  ...[boolq, piqa, siqa, hellaswag, winogrande, arcEasy, arcChallenge, openbookqa],
  ...[naturalQuestions, triviaqa, raceMiddle, raceHigh],
  ...[math, gsm8k, humaneval, mbpp, mmlu],
  ...[realToxicityPrompts, crowsPairs, winogender, truthfulqa],
];

/**
 * The benchmark of that name.
 *
 * @throws {ConfigError} when there is none, listing those there are
 */
export function benchmark(name: string): Task {
  const found = benchmarks.find((task) => task.name === name);
  if (found) return found;
  const names = benchmarks.map((task) => task.name), near = nearest(name, names);
  throw new ConfigError(
    `Cannot add the benchmark "${name}": ${near ? `did you mean "${near}"? This` : "this"} version has ` +
      `${names.join(", ")}; for a task of your own use defineTask`,
    { path: "add", value: name },
  );
}
