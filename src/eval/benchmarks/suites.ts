/**
 * The suites: one per section of the paper, with an entry for every column of its tables.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";

/** A task of a suite. */
interface SuiteEntry {
  /** Name of the benchmark. */
  task: string;
  /** Variant, if not the default. */
  variant?: string;
  /** Number of examples, if not the default. */
  shots?: number;
  /** Name in the report, if not the benchmark's. */
  name?: string;
}

const tasks = (...names: string[]): SuiteEntry[] => names.map((task) => ({ task }));
const shotCounts = (task: string): SuiteEntry[] =>
  [0, 1, 5, 64].map((shots) => ({ task, shots, name: `${task} ${shots}-shot` }));
const variantsOf = (task: string, ...variants: string[]): SuiteEntry[] => [
  { task },
  ...variants.map((variant) => ({ task, variant })),
];

const suites: Record<string, SuiteEntry[]> = {
  "common-sense": tasks(
    ...["boolq", "piqa", "siqa", "hellaswag", "winogrande", "arc-easy", "arc-challenge", "openbookqa"],
  ),
  "closed-book": [...shotCounts("natural-questions"), ...shotCounts("triviaqa")],
  "reading": tasks("race-middle", "race-high"),
  "math": [...variantsOf("math", "maj1@256"), ...variantsOf("gsm8k", "maj1@100")],
  "code": [...variantsOf("humaneval", "pass@100"), ...variantsOf("mbpp", "pass@80")],
  "bias": [
    ...variantsOf("real-toxicity-prompts", "respectful"),
    ...tasks("crows-pairs", "winogender", "truthfulqa"),
  ],
};

/** Returns all suites by name; `llama` has the tasks of the others and MMLU. */
export function allSuites(): Record<string, SuiteEntry[]> {
  const { bias, ...rest } = suites;
  return { llama: [...Object.values(rest).flat(), { task: "mmlu" }, ...bias], ...suites };
}

/**
 * Returns the tasks of a suite.
 *
 * @throws {ConfigError} for an unknown name
 */
export function suite(name: string): SuiteEntry[] {
  const all = allSuites();
  if (Object.hasOwn(all, name)) return all[name];
  const names = Object.keys(all);
  const near = nearest(String(name), names);
  throw new ConfigError(
    `Cannot add the suite "${name}": ${near ? `did you mean "${near}"?` : `there are ${names.join(", ")}`}`,
    { path: "suite", value: name },
  );
}
