/**
 * The reader of records in memory or from a function.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { Document, Entry } from "../document.ts";
import { type DatasetPlan, describeStep } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";

/** A source of records: an array, another iterable, or a function that returns one for every pass. */
export type Items<T> = Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>);

/** Name and version of a function in a plan. */
export interface ClosureOptions {
  /** Its name in displays and in JSON; default: the function's own. */
  name?: string;
  /**
   * Version of the function's behaviour. Change it when the behaviour changes but the text does not, as through a
   * captured variable. Only with a version are token shards kept for the next process.
   */
  version?: string | number;
}

/**
 * Plans the reading of records in memory. A record with a `text` gets the missing ones of `id` (name and number from 1)
 * and `source` (name).
 *
 * @throws {ConfigError} when `items` is neither iterable nor a function
 */
export function memoryPlan<T>(items: Items<T>, { name, version }: ClosureOptions = {}): DatasetPlan<T> {
  if (typeof items !== "function") checkIterable(items);
  const fn = typeof items === "function" ? items : undefined;
  const label = name ?? (fn?.name || undefined);
  const plan: DatasetPlan<T> = {
    op: "from",
    options: { name: label, records: Array.isArray(items) ? items.length : undefined },
    inputs: [],
    closure: fn && { fn, name: label ?? "from", version },
    opaque: !fn && !Array.isArray(items) && version === undefined,
    identity: () => Array.isArray(items) ? items : version,
    reach: "record",
    open(pass) {
      if (!pass.reads(plan)) return nothing();
      const source = typeof items === "function" ? checkIterable(items()) : items;
      if (isOneShot(source)) {
        if (usedUp.has(source)) throw alreadyRead(plan);
        usedUp.add(source);
      }
      return recordsOf(source, label ?? "from", pass, pass.countsOf(plan, describeStep(plan)));
    },
  };
  return plan;
}

/** Yields no record. */
async function* nothing(): AsyncGenerator<never> {}

async function* recordsOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
  name: string,
  pass: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T>> {
  let record = 0;
  for await (const value of items) {
    await pass.yieldToEventLoop();
    const id = `${name}:${++record}`;
    counts.kept++;
    yield { value: complete(value, id, name), id, place: { source: name } };
  }
}

/** Adds the `id` and `source` that a document needs. */
function complete<T>(value: T, id: string, source: string): T {
  const { text, id: ownId, source: ownSource } = (value ?? {}) as Partial<Document>;
  if (typeof text !== "string" || (ownId !== undefined && ownSource !== undefined)) return value;
  return { ...value, id: ownId ?? id, source: ownSource ?? source };
}

/** Checks that `items` is iterable; a string, which is an iterable of characters, is refused. */
function checkIterable<I>(items: I): I {
  const value = items as Partial<Iterable<unknown> & AsyncIterable<unknown>> | string | undefined | null;
  if (typeof value === "object" && (value?.[Symbol.iterator] ?? value?.[Symbol.asyncIterator])) return items;
  throw new ConfigError(
    `Cannot use Dataset.from: it needs an array, an iterable, or a function that returns one, current value is ` +
      `${show(items)}; for files use Dataset.text`,
    { path: "Dataset.from", value: items },
  );
}

/** The iterators and streams that have been read, which cannot be read again. */
const usedUp = new WeakSet<object>();

function isOneShot(items: object): boolean {
  return "next" in items || items instanceof ReadableStream;
}

function alreadyRead(plan: DatasetPlan): DataError {
  return new DataError(
    `Cannot read ${
      describeStep(plan)
    } a second time: it is an iterator, which is used up by the first pass; ` +
      `pass a function that returns a new one, such as Dataset.from(() => generate()), or an array`,
  );
}
