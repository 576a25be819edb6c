/**
 * The paper's sections as suites: every column of its tables, with its shots and variants.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";

/** A task of a suite. */
export interface SuiteEntry {
  /** The benchmark. */
  task: string;
  /** Its variant, if not the default. */
  variant?: string;
  /** Its examples, if not the default. */
  shots?: number;
  /** Its name in the report. */
  name?: string;
}

const tasks = (...names: string[]): SuiteEntry[] => names.map((task) => ({ task }));
const shots = (task: string): SuiteEntry[] =>
  [0, 1, 5, 64].map((shots) => ({ task, shots, name: `${task} ${shots}-shot` }));
const both = (task: string, ...variants: string[]): SuiteEntry[] => [
  { task },
  ...variants.map((variant) => ({ task, variant })),
];

const parts: Record<string, SuiteEntry[]> = {
  "common-sense": tasks(
    ...["boolq", "piqa", "siqa", "hellaswag", "winogrande", "arc-easy", "arc-challenge", "openbookqa"],
  ),
  "closed-book": [...shots("natural-questions"), ...shots("triviaqa")],
  "reading": tasks("race-middle", "race-high"),
  "math": [...both("math", "maj1@256"), ...both("gsm8k", "maj1@100")],
  "code": [...both("humaneval", "pass@100"), ...both("mbpp", "pass@80")],
  "bias": [
    ...both("real-toxicity-prompts", "respectful"),
    ...tasks("crows-pairs", "winogender", "truthfulqa"),
  ],
};

/**
 * The tasks of a suite; `llama` is all of them and MMLU.
 *
 * @throws {ConfigError} for a name that is none
 */
export function suite(name: string): SuiteEntry[] {
  const { bias, ...rest } = parts;
  const all = { llama: [...Object.values(rest).flat(), { task: "mmlu" }, ...bias], ...parts };
  if (Object.hasOwn(all, name)) return all[name as keyof typeof all];
  const names = Object.keys(all);
  const near = nearest(name, names);
  throw new ConfigError(
    `Cannot add the suite "${name}": ${near ? `did you mean "${near}"?` : `there are ${names.join(", ")}`}`,
    { path: "suite", value: name },
  );
}
