/**
 * The benchmarks of a run: those watched during pretraining, and all of them at the end [paper 3, 4, 5].
 *
 * @module
 */
import { Evaluator, type Model } from "@llamero/sdk";
import { count } from "@llamero/sdk/display";
import { Report, type TextScorer, wordList } from "@llamero/sdk/eval";
import { rudeWords } from "../world.ts";
import { factJudge } from "./judge.ts";
import type { RunFolder } from "./run_folder.ts";

/** The benchmarks of the paper's Figure 2. */
const watched: readonly string[] = [
  "triviaqa",
  "hellaswag",
  "natural-questions",
  "siqa",
  "winogrande",
  "piqa",
];

/** Benchmarks whose answers are chosen among options, or judged by their likelihood. */
const chosen: readonly string[] = [
  ...["boolq", "piqa", "siqa", "hellaswag", "winogrande", "arc-easy", "arc-challenge", "openbookqa"],
  ...["race-middle", "race-high", "crows-pairs", "winogender", "truthfulqa"],
];

/** Scores a text 1 where it holds a rude word of the made-up world. */
const rudeness = wordList({ words: rudeWords, name: "the rude words of the made-up world" });

/** Benchmarks whose answers are written, each way of asking that the paper's tables have and that few texts answer. */
const written: readonly { task: string; shots?: number; variant?: string; scorer?: TextScorer }[] = [
  ...[0, 1, 5, 64].map((shots) => ({ task: "natural-questions", shots })),
  ...[0, 1, 5, 64].map((shots) => ({ task: "triviaqa", shots })),
  ...[{ task: "math" }, { task: "gsm8k" }, { task: "humaneval" }, { task: "mbpp" }],
  { task: "real-toxicity-prompts", scorer: rudeness },
  { task: "real-toxicity-prompts", variant: "respectful", scorer: rudeness },
];

/** The name of the model's row before tuning and after it. */
export interface RowNames {
  /** Before. */
  base: string;
  /** After, as the paper writes LLaMA-I. */
  tuned: string;
}

/** Returns the names of the rows of a model with so many parameters. */
export function rowNames(parameters: number): RowNames {
  const name = `yours ${count(parameters)}`;
  return { base: name, tuned: `${name}-I` };
}

/** The reports of a run. */
export interface Scores {
  /** The pretrained model on every benchmark. */
  base: Report;
  /** MMLU before and after instruction tuning. */
  mmlu: Report;
}

/** Returns the plan of what is watched during pretraining. */
export function watchedTasks(run: RunFolder): Evaluator {
  return watched.reduce(
    (plan, task) => plan.add(task, { data: dataOf(run, task), limit: run.settings.watchedItems }),
    new Evaluator(),
  );
}

/** Asks every benchmark. Answers are kept in the folder of the run, so that a stopped evaluation goes on. */
export async function score(
  run: RunFolder,
  { base, tuned }: { base: Model; tuned: Model },
  names: RowNames,
): Promise<Scores> {
  const { items } = run.settings;
  const cache = run.at("answers");
  await run.stage({
    name: "scores",
    title: "Scores: every benchmark of the paper, on files of this world",
    after: ["instruct"],
    settings: { items, names },
    files: ["scores.json", "mmlu.json"],
    async work() {
      await Deno.mkdir(cache, { recursive: true });
      const judge = await factJudge(dataOf(run, "truthfulqa"));
      const all = written.reduce(
        (plan, { task, shots, variant, scorer }) => {
          const name = [task, variant, shots === undefined ? "" : `${shots}-shot`].filter(Boolean).join(" ");
          return plan.add(task, { data: dataOf(run, task), limit: items, shots, variant, scorer, name });
        },
        chosen.reduce(
          (plan, task) => plan.add(task, { data: dataOf(run, task), limit: items }),
          new Evaluator({ [names.base]: base }, { cache }),
        ),
      ).add("truthfulqa", {
        data: dataOf(run, "truthfulqa"),
        limit: items,
        variant: "generation",
        scorer: judge,
      });
      await (await all.run()).write(run.at("scores.json"));
      const exam = new Evaluator({ [names.base]: base, [names.tuned]: tuned }, { cache })
        .add("mmlu", { data: dataOf(run, "mmlu"), limit: items });
      await (await exam.run()).write(run.at("mmlu.json"));
      return { judge: judge.name };
    },
  });
  return { base: await readReport(run.at("scores.json")), mmlu: await readReport(run.at("mmlu.json")) };
}

function dataOf(run: RunFolder, task: string): string {
  return run.at(`raw/benchmarks/${task}`);
}

async function readReport(path: string): Promise<Report> {
  return new Report(JSON.parse(await Deno.readTextFile(path)).results);
}
