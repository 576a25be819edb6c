/**
 * The course: its notebooks in order, and those that are short enough for the quick suite.
 *
 * @module
 */
import { basename, join } from "node:path";
import { root } from "../repo/tree.ts";

/** A notebook of the course. */
export interface Lesson {
  /** Its file without the extension. */
  name: string;
  /** The section of the paper. */
  section: string;
  /** The things that a student can do afterwards. */
  goal: string;
}

/** The notebooks of the course, in order. */
export const course: readonly Lesson[] = [
  {
    name: "00_the_paper",
    section: "all",
    goal: "see the whole recipe in miniature, and the tables that it ends in",
  },
  {
    name: "01_quickstart",
    section: "1 to 4",
    goal: "make a model from one book, and compare it with baselines",
  },
  { name: "02_data", section: "2.1", goal: "clean raw dumps, find copies, mix sources by share" },
  { name: "03_tokenizer", section: "2.1", goal: "join pairs into pieces, and know what a vocabulary costs" },
  {
    name: "04_architecture",
    section: "2.2",
    goal: "write RMSNorm, SwiGLU, RoPE and the causal mask by hand",
  },
  { name: "05_training", section: "2.3", goal: "write AdamW, and choose rate, warmup and clip" },
  {
    name: "06_efficiency",
    section: "2.4",
    goal: "trade memory for arithmetic: save policies, attention by tiles",
  },
  { name: "07_evaluation", section: "3", goal: "read a score: prompts, likelihoods, chance, error" },
  { name: "08_instruct", section: "4", goal: "tune a model on conversations: template, mask, end, LoRA" },
  {
    name: "09_bias_and_truth",
    section: "5",
    goal: "measure bias, toxicity and truthfulness, with their limits",
  },
  { name: "10_carbon", section: "6", goal: "count FLOPs, energy and CO2, and fit a scaling law" },
  { name: "11_looking_inside", section: "2.2", goal: "look into a trained model: attention, layers, units" },
  {
    name: "12_many_machines",
    section: "2.4",
    goal: "split a model over processes, and count the bytes sent",
  },
  { name: "13_your_own_op", section: "2.2", goal: "write a GPU kernel with its gradient, and train with it" },
];

/**
 * The notebooks that the quick suite runs, with their processor time in seconds, solutions included, measured on two cores
 * without a GPU. Together they stay under 8 minutes, the share of the quick suite that notebooks get; the full suite runs the
 * others.
 */
export const quick: Readonly<Record<string, number>> = {
  "02_data": 9,
  "03_tokenizer": 6,
  "06_efficiency": 16,
  "07_evaluation": 58,
  "10_carbon": 66,
  "11_looking_inside": 2,
  "13_your_own_op": 60,
};

/** Returns the path of a notebook of the course. */
export function notebookPath(name: string): string {
  return join(root, "notebooks", `${name}.ipynb`);
}

/** Returns the name of the notebook at `path`. */
export function nameOf(path: string): string {
  return basename(path, ".ipynb");
}
