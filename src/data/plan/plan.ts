/**
 * Plans: a dataset before anything is read, as one operator, its options, and the plans it reads from.
 *
 * Plans are plain data made by plain functions (`textPlan`, `filterPlan`, ...); `Dataset` is the fluent shell over them.
 * An opened plan is an async iterable of entries, whose steps count what they keep and drop.
 *
 * @module
 */
import { percent } from "../../display/format.ts";
import type { Entry } from "../document.ts";
import type { Pass } from "./pass.ts";
import type { DocumentStage } from "./document_stage.ts";
import type { ReaderInput } from "./input_unit.ts";

/** A user's function in a plan, identified by its source text, name and version. */
export interface UserFunction {
  /** The function. */
  fn: (...args: never[]) => unknown;
  /** Its name in displays and in JSON. */
  name: string;
  /** Raised by hand when its effect changes and its text does not, as by a captured variable. */
  version?: string | number;
}

/** The share of one source in a mixture. */
export interface MixShare {
  /** Name of the source. */
  readonly name: string;
  /** Its share of the whole, 0 to 1; the weights of a mixture sum to 1. */
  readonly weight: number;
  /** Number of times that it may be read, where the mixture limits it. */
  readonly maxEpochs?: number;
}

/** One source of a mixture. */
export interface MixSource<T = unknown> extends MixShare {
  /** Its records. */
  readonly plan: DatasetPlan<T>;
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

/**
 * The records on which a step's result for one record depends: that `record` alone, those of a group of so many files, or
 * others, where a job over parts of the dataset has to do something `instead`, which an error tells.
 */
export type Reach = "record" | { readonly files: number } | { readonly instead: string };

/** One operator of a dataset. */
export interface DatasetPlan<T = unknown> {
  /** The verb that made it: `text`, `filter`, `mix`. */
  readonly op: string;
  /** Its options as they are shown, written to JSON and hashed. Everything that changes its records is here or in `identity`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The plans it reads from; none for a reader. */
  readonly inputs: readonly DatasetPlan[];
  /** The sources, when it is a mixture. */
  readonly mix?: readonly MixSource<T>[];
  /** Its function, when it has one. */
  readonly closure?: UserFunction;
  /** The kind of its records, where it is known before reading. */
  readonly kind?: "documents" | "conversations";
  /** The call that made the plan and its inputs; for corpora, whose steps do not show it. */
  readonly call?: CorpusCall;
  /** Reads the facts outside the plan that change its records: sizes and times of files, contents of arrays. */
  identity?(): unknown;
  /** True when its records depend on something that `identity` cannot see, such as variables of a generator function. */
  readonly opaque?: boolean;
  /** The judge of a step that works on one document at a time, which workers can do. */
  readonly stage?: DocumentStage;
  /** The files of a reader, by which its work can be divided. */
  readonly input?: ReaderInput;
  /** The records that one record's result depends on; default: all of the dataset, of a stage or a reader of files that one. */
  readonly reach?: Reach;
  /** Begins to read in a pass. */
  open(pass: Pass): AsyncIterable<Entry<T>>;
}

/** Reads a plan in a pass: the loop under every terminal verb. */
export async function* entriesOf<T>(plan: DatasetPlan<T>, pass: Pass): AsyncGenerator<Entry<T>> {
  await pass.yieldToEventLoop();
  for await (const entry of plan.open(pass)) {
    yield entry;
    await pass.yieldToEventLoop();
  }
}

/** Returns the plan and all plans it reads from, readers first, each once. */
export function plansIn(plan: DatasetPlan): Set<DatasetPlan> {
  return new Set([...plan.inputs.flatMap((input) => [...plansIn(input)]), plan]);
}

/** Returns the plan in one line: `filter long`, `text data/*.txt, by paragraph`. */
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

/** Returns true for a plan that reads several others one after another. */
function isJoined(plan: DatasetPlan): boolean {
  return !plan.mix && plan.inputs.length > 1;
}

/**
 * Returns the decimals that show all `shares` of a mixture as percentages to a hundredth of a percent and to two
 * significant digits.
 */
export function shareDecimals(shares: readonly number[]): number {
  return Math.max(
    1,
    ...shares.map((share) => {
      const isEnough = (decimals: number) => {
        const error = Math.abs(Number((100 * share).toFixed(decimals)) - 100 * share);
        return error < 0.005 && error <= 5 * share;
      };
      return [1, 2, 3, 4, 5, 6, 7, 8].find(isEnough) ?? 9;
    }),
  );
}

/**
 * Returns the plan as indented lines in reading order, readers first; what a mixture or a concatenation reads from stands
 * under its name.
 */
export function describePlan(plan: DatasetPlan, indent = ""): string[] {
  const own = `${indent}${describeStep(plan)}`;
  if (isJoined(plan)) return [own, ...plan.inputs.flatMap((input) => describePlan(input, `${indent}    `))];
  if (!plan.mix) return [...plan.inputs.flatMap((input) => describePlan(input, indent)), own];
  const decimals = shareDecimals(plan.mix.map(({ weight }) => weight));
  const sources = plan.mix.flatMap((source) => [
    `${indent}  ${source.name} ${percent(source.weight, decimals)}${
      source.maxEpochs === undefined ? "" : `, at most ${source.maxEpochs} epochs`
    }`,
    ...describePlan(source.plan, `${indent}    `),
  ]);
  return [own, ...sources];
}

/**
 * Returns the plan in JSON. `from` holds its inputs, so an option of that name is called `start`; a function is
 * `{ op, name }`, a regular expression its source text, and `call` the verb that made a corpus.
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

/** Returns the sources of a mixture; of any other plan itself as the only one. */
export function sourcesOf<T>(plan: DatasetPlan<T>): readonly MixSource<T>[] {
  return plan.mix ?? [{ name: sourceName(plan), plan, weight: 1 }];
}

/** Returns the data at the root of the plan as progress calls it: a file without its folder, a sample, `mix`, or `records`. */
export function sourceLabel(plan: DatasetPlan): string {
  const name = sourceName(plan).replace(/^.*[\\/](?=.)/, "");
  return name === "from" ? "records" : name;
}

/** Returns the name of the data at the root of the plan: a file, a sample, a pattern, or `mix`. */
export function sourceName(plan: DatasetPlan): string {
  if (plan.mix || isJoined(plan)) return plan.op;
  if (plan.inputs.length) return sourceName(plan.inputs[0]);
  const { paths, name } = plan.options as { paths?: readonly string[]; name?: string };
  return paths?.[0] ?? name ?? plan.op;
}
