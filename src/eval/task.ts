/**
 * A task: items, the prompt made of each, and how an answer is taken and scored. The three kinds are those of the
 * field's evaluation harness (Gao et al. 2021).
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { parseOptions, type Same, show } from "../base/schema.ts";
import type { TaskItems } from "./cases.ts";
import type { AnswerNormalisation } from "./exact_match.ts";
import type { Measure } from "./measure.ts";
import type { ItemOutcome } from "./outcome.ts";
import type { TaskPrompt } from "./prompt.ts";
import type { Decoding, Scorable } from "./scorable.ts";
import type { Published, TaskSource } from "./source.ts";
import type { TaskRun } from "./task_run.ts";

/** How an answer is taken: from options by likelihood, from generated text, or not at all, only its likelihood. */
export type TaskKind = "choice" | "generate" | "perplexity";

/**
 * What options are compared by [paper 3]: log-likelihood per `characters` (code points), its `ratio` to that after
 * "Answer:" (OpenBookQA, BoolQ), or the raw `sum`.
 */
export type Normalisation = "characters" | "ratio" | "sum";

/** What all kinds of tasks are defined by. */
export interface DefinitionBase<Item> {
  /** Its name in reports. */
  name: string;
  /** The items, or a function that reads them from the data it is added with. */
  items: TaskItems<Item>;
  /** What stands before the answer. */
  prompt: TaskPrompt<Item>;
  /** Where its data is published. */
  published?: Published;
}

/** Options are compared by their likelihood after the prompt; a tie goes to the first. */
export interface ChoiceDefinition<Item> extends DefinitionBase<Item> {
  /** Multiple choice. */
  kind: "choice";
  /** The options of an item, at least two. */
  options: (item: Item) => readonly string[];
  /** Number of the right option, counted from 0, or its text. */
  answer: (item: Item) => number | string;
  /** The share of right choices. */
  metric?: "accuracy";
  /** Default `characters`, as in the paper. */
  normalisation?: Normalisation;
}

/** Text is generated greedily and compared with the right answers. */
export interface GenerateDefinition<Item> extends DefinitionBase<Item> {
  /** Free text. */
  kind: "generate";
  /** The right answer, or all that count as right; the first stands in examples. */
  answer: (item: Item) => string | readonly string[];
  /** Default `exact-match`; or a function that gives the value of a text, of which the mean is reported. */
  metric?:
    | "exact-match"
    | ((text: string, answers: readonly string[], item: Item) => number | Promise<number>);
  /** How texts are written before they are compared; default `trim`. `words` is the paper's for closed-book questions. */
  normalisation?: AnswerNormalisation;
  /** Ends the text; default a line break. */
  stop?: readonly string[];
  /** Most tokens; default 64 [ours]. */
  maxTokens?: number;
}

/** The likelihood of a given text after the prompt. */
export interface PerplexityDefinition<Item> extends DefinitionBase<Item> {
  /** Likelihood only. */
  kind: "perplexity";
  /** The text that is scored. */
  answer: (item: Item) => string;
  /** The perplexity over all tokens. */
  metric?: "perplexity";
}

/** What {@linkcode defineTask} takes. */
export type TaskDefinition<Item> =
  | ChoiceDefinition<Item>
  | GenerateDefinition<Item>
  | PerplexityDefinition<Item>;

/** What a run of a task gives. */
export interface TaskScores {
  /** The numbers, the most telling first. */
  measures: Measure[];
  /** What happened to each item. */
  items: ItemOutcome[];
}

/** A task that can be run. */
export interface Task {
  /** Its name. */
  readonly name: string;
  /** How an answer is taken. */
  readonly kind: TaskKind;
  /** The prompt's template, or the source text of its function. */
  readonly prompt: string;
  /** How an answer is chosen and scored, in words. */
  readonly rule: string;
  /** How text is generated. */
  readonly decoding?: Decoding;
  /** Where its data is published. */
  readonly published?: Published;
  /** True when it reads the data it is added with, false when it brings its items. */
  readonly reads: boolean;
  /** Asks the items. */
  run(model: Scorable, source: TaskSource, run: TaskRun): Promise<TaskScores>;
}

const fn = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === "function",
  "must be a function",
);
const text = z.string().min(1, "must not be empty");
const base = {
  name: text,
  items: z.custom<object>(
    (value) => typeof value === "object" && value !== null || typeof value === "function",
    {
      error: "must be items, or a function that gives them",
    },
  ),
  prompt: z.union([z.string(), fn], { error: "must be a template or a function" }),
  published: z.strictObject({ files: z.array(text), hub: text }).optional(),
};
const choice = z.strictObject({
  ...base,
  kind: z.literal("choice"),
  options: fn,
  answer: fn,
  metric: z.literal("accuracy").optional(),
  normalisation: z.enum(["characters", "ratio", "sum"]).optional(),
});
true satisfies Same<keyof z.input<typeof choice>, keyof ChoiceDefinition<never>>;
const generate = z.strictObject({
  ...base,
  kind: z.literal("generate"),
  answer: fn,
  metric: z.union([z.literal("exact-match"), fn], { error: 'must be "exact-match" or a function' })
    .optional(),
  normalisation: z.enum(["words", "trim"]).optional(),
  stop: z.array(text).optional(),
  maxTokens: z.int().min(1).optional(),
});
true satisfies Same<keyof z.input<typeof generate>, keyof GenerateDefinition<never>>;
const perplexity = z.strictObject({
  ...base,
  kind: z.literal("perplexity"),
  answer: fn,
  metric: z.literal("perplexity").optional(),
});
true satisfies Same<keyof z.input<typeof perplexity>, keyof PerplexityDefinition<never>>;
const schemas: Record<TaskKind, z.ZodType> = { choice, generate, perplexity };

/**
 * Checks a definition.
 *
 * @throws {ConfigError} for an unknown kind or field, or a wrong value
 */
export function checkDefinition(definition: { name?: unknown; kind?: unknown }): void {
  const kind = definition.kind as TaskKind;
  if (!Object.hasOwn(schemas, kind)) {
    throw new ConfigError(
      `Cannot use defineTask.kind: must be one of ${Object.keys(schemas).join(", ")}, current value is ${
        show(kind)
      }`,
      { path: "defineTask.kind", value: kind },
    );
  }
  parseOptions(schemas[kind], definition, `defineTask(${show(definition.name)})`);
}
