/**
 * A plan is what a dataset is before anything is read: one operator, its options, and the plans it reads from.
 *
 * Plans are plain frozen facts made by plain functions (`textPlan`, `filterPlan`, ...); `Dataset` is the fluent
 * shell over them. Opening one gives an async iterable of entries and counts what its steps keep and drop.
 *
 * @module
 */
import { percent } from "../../display/format.ts";
import type { Entry } from "../document.ts";
import type { Pass } from "./pass.ts";
import type { DocumentStage } from "./document_stage.ts";

/** A function in a plan, as far as it can be identified: by its source text, name and version. */
export interface UserFunction {
  /** The function. */
  fn: (...args: never[]) => unknown;
  /** Its name in displays and in JSON. */
  name: string;
  /** Raised by hand when what it does changes though its text does not, such as through a captured variable. */
  version?: string | number;
}

/** One source of a mixture. */
export interface MixSource<T = unknown> {
  /** Its name in the mixture. */
  readonly name: string;
  /** What it reads. */
  readonly plan: DatasetPlan<T>;
  /** Its share of the whole; the weights of a mixture sum to 1. */
  readonly weight: number;
  /** How often it may be read at most. */
  readonly maxEpochs?: number;
}

/** A call such as `Dataset.wikipedia(paths, options)`. */
export interface CorpusCall {
  /** The verb. */
  readonly name: string;
  /** Files, globs and addresses. */
  readonly paths: readonly string[];
  /** Its options, which JSON can hold. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** One operator of a dataset. */
export interface DatasetPlan<T = unknown> {
  /** The verb that made it: `text`, `filter`, `mix`. */
  readonly op: string;
  /** Its options as they are shown, written to JSON and hashed; nothing else may change what it yields. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What it reads from; empty for a reader. */
  readonly inputs: readonly DatasetPlan[];
  /** The sources, when it is a mixture. */
  readonly mix?: readonly MixSource<T>[];
  /** Its function, when it has one. */
  readonly closure?: UserFunction;
  /** What its records are, where that is known before reading. */
  readonly kind?: "documents" | "conversations";
  /** The call that made it and what it reads from, of corpora whose steps would not say that. */
  readonly call?: CorpusCall;
  /** Facts outside the plan that change what it yields: sizes and times of files, contents of arrays. Reads them now. */
  identity?(): unknown;
  /** True when `identity` cannot see what it would yield, such as a generator function's captured variables. */
  readonly opaque?: boolean;
  /** Set when it judges one document at a time, which workers can do. */
  readonly stage?: DocumentStage;
  /** Starts a reading. */
  open(reading: Pass): AsyncIterable<Entry<T>>;
}

/** Runs a plan: the loop under every terminal verb. */
export async function* entriesOf<T>(plan: DatasetPlan<T>, reading: Pass): AsyncGenerator<Entry<T>> {
  await reading.yieldToEventLoop();
  for await (const entry of plan.open(reading)) {
    yield entry;
    await reading.yieldToEventLoop();
  }
}

/** The plan and all it reads from, readers first, each once. */
export function plansIn(plan: DatasetPlan): Set<DatasetPlan> {
  return new Set([...plan.inputs.flatMap((input) => [...plansIn(input)]), plan]);
}

/** The plan in one line: `filter long`, `text data/*.txt, by paragraph`. */
export function describeStep(plan: DatasetPlan): string {
  const options = Object.entries(plan.options).filter(([, value]) => value !== undefined);
  const words = options.map(([key, value]) =>
    key === "name" || key === "paths" ? word(value) : `${key} ${word(value)}`
  );
  return [plan.op, words.join(", ")].filter(Boolean).join(" ");
}

function word(value: unknown): string {
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) {
    return value.length > 3 ? `${value.slice(0, 3).join(" ")} +${value.length - 3}` : value.join(" ");
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The plan as indented lines in reading order, readers first; the sources of a mixture stand under its name. */
export function describePlan(plan: DatasetPlan, indent = ""): string[] {
  const own = `${indent}${describeStep(plan)}`;
  if (!plan.mix) return [...plan.inputs.flatMap((input) => describePlan(input, indent)), own];
  const sources = plan.mix.flatMap((source) => [
    `${indent}  ${source.name} ${percent(source.weight)}${
      source.maxEpochs === undefined ? "" : `, at most ${source.maxEpochs} epochs`
    }`,
    ...describePlan(source.plan, `${indent}    `),
  ]);
  return [own, ...sources];
}

/**
 * The plan in JSON; `from` is what it reads, so that an option of that name is called `start`; a closure is `{ op, name }`, a regular expression
 * its source text, and `call` the verb that made a corpus.
 */
export function planToJSON(plan: DatasetPlan): Record<string, unknown> {
  const options = Object.fromEntries(
    Object.entries(plan.options).map((
      [key, value],
    ) => [key === "from" ? "start" : key, value instanceof RegExp ? String(value) : value]),
  );
  const from = plan.mix
    ? Object.fromEntries(plan.mix.map(({ name, plan, weight, maxEpochs }) => [name, {
      from: planToJSON(plan),
      weight,
      maxEpochs,
    }]))
    : plan.inputs.map(planToJSON);
  const { op, call } = plan;
  return { op, ...options, ...(plan.mix || plan.inputs.length ? { from } : {}), ...(call && { call }) };
}

/** The name of the data at the root of the plan: a file, a sample, a pattern, or `mix`. */
export function sourceName(plan: DatasetPlan): string {
  if (plan.mix) return plan.op;
  if (plan.inputs.length) return sourceName(plan.inputs[0]);
  const { paths, name } = plan.options as { paths?: readonly string[]; name?: string };
  return paths?.[0] ?? name ?? plan.op;
}
