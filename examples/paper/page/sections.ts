/**
 * The sections of a run's page, in the order of the paper: its tables and figures, each with this run's row.
 *
 * @module
 */
import { bytes, count, fixed, percent, type Picture, table } from "@llamero/sdk/display";
import { published, Report, scoreCurves } from "@llamero/sdk/eval";
import type { RowNames, Scores } from "../run/benchmarks.ts";
import { type Corpus, type RawFiles, sourceNames } from "../run/corpus.ts";
import type { Answers } from "../run/instructions.ts";
import type { MixtureShare, TokenizerFacts, TrainingFacts } from "../run/learn.ts";
import type { SavedModel } from "../run/saved.ts";
import type { PaperSettings } from "../run/settings.ts";
import type { Figure, Section } from "./page.ts";
import { modelTable } from "./model_table.ts";
import { table1 } from "./published.ts";

/** Everything that a page shows but the times. */
export interface PaperFacts {
  /** Settings of the run. */
  settings: PaperSettings;
  /** Raw files. */
  raw: RawFiles;
  /** The clean corpus. */
  corpus: Corpus;
  /** The tokenizer. */
  tokenizer: TokenizerFacts;
  /** A text with its tokens. */
  tokens: Picture;
  /** The mixture. */
  shares: MixtureShare[];
  /** Pretraining. */
  pretrain: TrainingFacts;
  /** Instruction tuning. */
  tune: TrainingFacts;
  /** Names of the model's rows. */
  names: RowNames;
  /** Scores. */
  scores: Scores;
  /** Answers to held-out instructions. */
  answers: Answers;
  /** Files of the model. */
  saved: SavedModel[];
}

/** Returns the table of what each source's cleaning kept and dropped. */
export function cleaningTable({ steps }: Corpus): Picture {
  const rows = sourceNames.map((name) => {
    const all = steps[name];
    const reasons = new Map<string, number>();
    for (const { dropped } of all) {
      for (const [reason, n] of Object.entries(dropped)) reasons.set(reason, (reasons.get(reason) ?? 0) + n);
    }
    const left = all.at(-1)!.kept;
    const lost = [...reasons.values()].reduce((sum, n) => sum + n, 0);
    // Workers report in any order, so equal numbers are sorted by their reasons.
    const why = [...reasons].sort(([a, m], [b, n]) => n - m || a.localeCompare(b, "en")).map(([reason, n]) =>
      `${n} ${reason}`
    ).join(", ");
    return {
      source: table1[name].name,
      "raw format": table1[name].format,
      read: left + lost,
      kept: left,
      "dropped, by reason": why,
    };
  });
  return table(rows, { title: "Documents read and kept, by source" });
}

/** Returns Table 1 with this run's numbers beside the paper's. */
export function dataTable(
  { bytes: sizes }: RawFiles,
  { documents }: Corpus,
  shares: MixtureShare[],
): Picture {
  const rows = sourceNames.map((name) => {
    const { name: dataset, percent: asked, epochs, disk } = table1[name];
    const own = shares.find(({ source }) => source === name)!;
    return [
      dataset,
      `${fixed(asked, 1)}%`,
      fixed(epochs, 2),
      disk,
      percent(own.drawn),
      fixed(own.epochs, 2),
      bytes(sizes[name]),
      documents[name],
      own.tokens,
    ];
  });
  const names = ["sampling prop.", "epochs", "disk size"];
  const right = (name: string) => ({ name, align: "right" as const });
  return table({
    columns: [
      { name: "dataset" },
      ...names.map((name) => right(`paper: ${name}`)),
      ...names.map((name) => right(`yours: ${name}`)),
      right("documents"),
      right("tokens"),
    ],
    rows,
  }, {
    title: "Table 1 of the paper: Pre-training data",
    note:
      "Proportions of this run are shares of the windows that were drawn; the disk size is that of the raw files",
  });
}

/** Returns the table of bytes per token. */
export function tokenizerTable({ bytesPerToken }: TokenizerFacts): Picture {
  return table(
    sourceNames.map((name) => ({
      source: table1[name].name,
      "bytes per token": fixed(bytesPerToken[name], 2),
    })),
    { title: "Held-out text per token, by source", align: { "bytes per token": "right" } },
  );
}

/** Returns Figure 1: the training loss over tokens, and the losses on held-out text of each source. */
export function figure1({ losses, tokens, scores }: TrainingFacts): Figure {
  const each = tokens / losses.length;
  const size = Math.max(1, Math.ceil(losses.length / 60));
  const training: [number, number][] = [];
  for (let i = 0; i < losses.length; i += size) {
    const part = losses.slice(i, i + size);
    training.push([Math.round(each * (i + part.length)), part.reduce((a, b) => a + b) / part.length]);
  }
  const held = sourceNames.map((name) => ({
    name: `${table1[name].name}, held out`,
    points: scores.map((at): [number, number] => [at.tokens, lossOf(at.results, name)]),
  }));
  return {
    file: "figure-1.svg",
    chart: {
      title: "Figure 1: loss over training tokens",
      xLabel: "tokens",
      yLabel: "nats per token",
      series: [...held, { name: "training", points: training, faint: true }],
      height: 340,
    },
  };
}

/** Returns Figure 2: scores of six benchmarks over tokens. */
export function figure2({ scores }: TrainingFacts): Figure {
  const points = scores.map(({ tokens, results }) => ({
    tokens,
    report: new Report(results.map((result) => ({ ...result, items: [] }))),
  }));
  const series = scoreCurves(points).facts;
  return {
    file: "figure-2.svg",
    chart: {
      title: "Figure 2: scores during training",
      xLabel: "tokens",
      yLabel: "percent",
      series,
      height: 340,
    },
  };
}

/** Returns the first and the last loss on held-out text of each source. */
export function lossTable({ scores }: TrainingFacts): Picture {
  const [first, last] = [scores[0], scores.at(-1)!];
  return table(
    sourceNames.map((name) => ({
      source: table1[name].name,
      before: lossOf(first.results, name),
      after: lossOf(last.results, name),
    })),
    { title: "Loss on held-out text before and after pretraining, nats per token" },
  );
}

/** Returns a table of scores of the paper, with the rows of `report`. */
export function scoreTable(report: Report, number: number): Picture {
  return report.compare({ table: number }).picture();
}

/** Returns the table of answers to held-out instructions, and the shares that are right. */
export function answersTable({ asked }: Answers, shown = 8): Picture {
  const right = (of: "before" | "after") => asked.filter((one) => one[of] === one.right).length;
  const every = Math.max(1, Math.floor(asked.length / shown));
  const rows = asked.filter((_, i) => i % every === 0).slice(0, shown).map((one) => ({
    instruction: one.prompt,
    "before tuning": one.before,
    "after tuning": one.after,
    right: one.right,
  }));
  return table(rows, {
    title: "Answers to held-out instructions",
    note: `Right to the letter: ${right("before")} of ${asked.length} before tuning, ${
      right("after")
    } of ${asked.length} after`,
  });
}

/** A benchmark with options: the share that is right, and what a guess gets. */
export interface BesideGuess {
  /** Name of the benchmark. */
  task: string;
  /** Share that is right. */
  value: number;
  /** Share that a guess gets right. */
  chance: number;
  /** True where the whole 95 % interval lies above a guess. */
  isAbove: boolean;
}

/** Returns the benchmarks of a report that have options, each beside a guess. */
export function besideGuess(report: Report): BesideGuess[] {
  return report.results.flatMap(({ task, measures: [{ value, chance, interval }] }) =>
    chance === undefined || !interval ? [] : [{ task, value, chance, isAbove: interval[0] > chance }]
  );
}

/** Returns the table of benchmarks beside a guess. */
export function guessTable(all: readonly BesideGuess[]): Picture {
  return table(
    all.map(({ task, value, chance, isAbove }) => ({
      benchmark: task,
      accuracy: percent(value),
      "a guess": percent(chance),
      "above it by more than its interval": isAbove ? "✓" : "",
    })),
    { align: { accuracy: "right", "a guess": "right" } },
  );
}

/** Says in a sentence which benchmarks lie above a guess. */
export function guessSentence(all: readonly BesideGuess[]): string {
  const above = all.filter(({ isAbove }) => isAbove).map(({ task }) => task);
  const names = above.length ? `: ${above.join(", ")}` : "";
  return `Of ${all.length} benchmarks with options ${above.length} lie above a guess by more than their interval${names}.`;
}

/** Returns the table of the model's files. */
export function filesTable(saved: readonly SavedModel[]): Picture {
  return table(
    saved.map(({ path, bytes: size, loss }) => ({ model: path ?? "in memory", bytes: size, loss })),
    {
      title: "Files of the tuned model",
      note: "The loss is that of held-out Wikipedia text, nats per token; of a file, after it was read again",
    },
  );
}

/** Returns all sections but that of the times. */
export function sections(facts: PaperFacts): Section[] {
  const { settings, names, scores, pretrain, tune } = facts;
  const exam = ofModel(scores.mmlu, names.base);
  const common = (id: string, title: string, report: Report, ...numbers: number[]): Section => ({
    id,
    title,
    blocks: [...notes[id] ?? [], ...numbers.map((number) => scoreTable(report, number))],
  });
  return [
    {
      id: "data",
      title: "2.1 Pre-training data",
      blocks: [...notes.data, cleaningTable(facts.corpus), dataTable(facts.raw, facts.corpus, facts.shares)],
    },
    {
      id: "tokenizer",
      title: "2.1 Tokenizer",
      blocks: [...notes.tokenizer, facts.tokens, tokenizerTable(facts.tokenizer)],
    },
    {
      id: "model",
      title: "2.2, 2.3 Model and optimizer",
      blocks: [...notes.model, modelTable(settings, pretrain)],
    },
    {
      id: "training",
      title: "2.3 Training",
      blocks: [...notes.training, figure1(pretrain), lossTable(pretrain), figure2(pretrain)],
    },
    common("common-sense", "3.1 Common sense reasoning", scores.base, 3),
    common("closed-book", "3.2 Closed-book question answering", scores.base, 4, 5),
    common("reading", "3.3 Reading comprehension", scores.base, 6),
    common("math", "3.4 Mathematical reasoning", scores.base, 7),
    common("code", "3.5 Code generation", scores.base, 8),
    common("mmlu", "3.6 Massive multitask language understanding", exam, 9),
    {
      id: "instruct",
      title: "4 Instruction finetuning",
      blocks: [
        `Tuned on ${count(tune.tokens)} tokens of instructions in several tasks; MMLU was not among them.`,
        scoreTable(scores.mmlu, 10),
        answersTable(facts.answers),
      ],
    },
    common("toxicity", "5.1 RealToxicityPrompts", scores.base, 11),
    common("crows", "5.2 CrowS-Pairs", scores.base, 12),
    common("winogender", "5.3 WinoGender", scores.base, 13),
    common("truth", "5.4 TruthfulQA", scores.base, 14),
    common("subjects", "Appendix: MMLU by subject", scores.mmlu, 16),
    { id: "files", title: "The model as files", blocks: [...notes.files, filesTable(facts.saved)] },
  ];
}

/** Words above the pictures of a section. */
const notes: Record<string, string[]> = {
  data: [
    "Every source went through the processing that the paper gives it. CommonCrawl's pages are sorted by a language " +
    "model of Wikipedia, and by a classifier of the pages that its articles cite; both were trained here.",
  ],
  tokenizer: [
    "Byte-pair encoding as in the paper: numbers are split into single digits, and characters without a piece fall " +
    "back to bytes. It was trained on the mixture.",
  ],
  model: ["The architecture is the paper's at a small size: pre-normalisation, SwiGLU, rotary embeddings."],
  training: [
    "AdamW with warmup, a cosine schedule and clipping. The figures have this run's curves in place of the paper's " +
    "four. Each score is that of few items: see the intervals below before reading a trend into it.",
  ],
  math: [
    "The votes of 100 and 256 texts per item (maj1@k) are not asked here; their columns show the paper's rows.",
  ],
  code: [
    "The programs are run in a sandbox. The columns of 80 and 100 tries per item (pass@k) show the paper's rows only.",
  ],
  toxicity: [
    "The paper's scorer is a service on the web. Here a list of this world's rude words gives 1 or 0, so that the " +
    "numbers do not compare with the paper's.",
  ],
  truth: [
    "The paper's two judge models are no longer served. Here an answer is truthful where it holds none of the file's " +
    "false answers, and informative where it holds a true one.",
  ],
  files: [
    "Both are read by other programs too: the folder by Python's transformers, the GGUF file by llama.cpp. The folder's " +
    "README is the model card, with the scores of this page.",
  ],
};

/** Returns the numbers of the paper's tables of scores. */
export function scoreTables(): number[] {
  return [...new Set(published.map(({ table }) => table))];
}

function ofModel(report: Report, model: string): Report {
  return new Report(report.results.filter((result) => result.model === model));
}

function lossOf(results: TrainingFacts["scores"][number]["results"], name: string): number {
  return results.find(({ task }) => task === name)!.measures[0].value;
}
