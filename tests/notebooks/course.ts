/**
 * The course: its notebooks in order, and those that are short enough for the quick suite.
 *
 * @module
 */
import { basename, join } from "node:path";
import { root } from "../repo/tree.ts";

/** The notebooks of the course, in order. */
export const course: readonly string[] = [
  "00_the_paper",
  "01_quickstart",
  "02_data",
  "03_tokenizer",
  "04_architecture",
  "05_training",
  "06_efficiency",
  "07_evaluation",
  "08_instruct",
  "09_bias_and_truth",
  "10_carbon",
  "11_looking_inside",
  "12_many_machines",
  "13_your_own_op",
];

/** Notebooks that may still be missing or without the pattern of the course. */
export const toCome: readonly string[] = [
  "00_the_paper",
  "01_quickstart",
  "02_data",
  "03_tokenizer",
  "04_architecture",
  "05_training",
  "06_efficiency",
  "07_evaluation",
  "08_instruct",
  "09_bias_and_truth",
  "10_carbon",
  "11_looking_inside",
  "12_many_machines",
  "13_your_own_op",
];

/**
 * The notebooks that the quick suite runs, with their processor time in seconds, solutions included, on a quiet machine of
 * two cores. Together they stay under 8 minutes, the share of the quick suite that notebooks get; the full suite runs the
 * others.
 */
export const quick: Readonly<Record<string, number>> = {
  "02_data": 60,
  "03_tokenizer": 30,
};

/** Returns the path of a notebook of the course. */
export function notebookPath(name: string): string {
  return join(root, "notebooks", `${name}.ipynb`);
}

/** Returns the name of the notebook at `path`. */
export function nameOf(path: string): string {
  return basename(path, ".ipynb");
}
