/**
 * Makes small files of all benchmarks of the paper, in their published forms and under their published names.
 *
 * @module
 */
import { crowsPairs, realToxicityPrompts, truthfulqa, winogender } from "./benchmarks/bias.ts";
import { boolq, hellaswag, piqa, siqa, winogrande } from "./benchmarks/common_sense.ts";
import {
  arcChallenge,
  arcEasy,
  mmlu,
  naturalQuestions,
  openbookqa,
  triviaqa,
} from "./benchmarks/knowledge.ts";
import { raceHigh, raceMiddle } from "./benchmarks/reading.ts";
import { gsm8k, humaneval, math, mbpp } from "./benchmarks/reckoning.ts";
import { type MakeBenchmark, materialOf } from "./benchmarks/write.ts";
import { put } from "./files.ts";
import { type MakeOptions, makeWorld } from "./world.ts";

const makers: Readonly<Record<string, MakeBenchmark>> = {
  boolq,
  piqa,
  siqa,
  hellaswag,
  winogrande,
  "arc-easy": arcEasy,
  "arc-challenge": arcChallenge,
  openbookqa,
  "natural-questions": naturalQuestions,
  triviaqa,
  "race-middle": raceMiddle,
  "race-high": raceHigh,
  math,
  gsm8k,
  humaneval,
  mbpp,
  mmlu,
  "real-toxicity-prompts": realToxicityPrompts,
  "crows-pairs": crowsPairs,
  winogender,
  truthfulqa,
};

/** Names of the benchmarks, in the order of the paper's tables. */
export const benchmarkNames: readonly string[] = Object.keys(makers);

/** Writes the files of each benchmark into a folder of its name below `folder`. */
export async function makeBenchmarks(folder: string, options: MakeOptions = {}): Promise<void> {
  const world = makeWorld(options);
  for (const [name, make] of Object.entries(makers)) {
    for (const [path, content] of Object.entries(make(materialOf(world, name)))) {
      await put(`${folder}/${name}/${path}`, content);
    }
  }
}
