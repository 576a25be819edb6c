/**
 * Records that are already in memory, or that a function makes.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { Document, Entry } from "../document.ts";
import { type DatasetPlan, describeStep } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";

/** Something to read records from: an array, another iterable, or a function that gives one at every reading. */
export type Items<T> = Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>);

/** What a function in a plan is called, and which version of it this is. */
export interface ClosureOptions {
  /** Its name in displays and in JSON; default: the function's own. */
  name?: string;
  /**
   * Raised by hand when what the function does changes though its text does not, such as through a variable it
   * captures. Only with a version are token shards kept for the next process.
   */
  version?: string | number;
}

/**
 * A plan over records in memory. A record with a `text` but without `id` and `source` gets them:
 * the name and its number from 1.
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
    open(reading) {
      const source = typeof items === "function" ? checkIterable(items()) : items;
      if (isOneShot(source)) {
        if (used.has(source)) throw alreadyRead(plan);
        used.add(source);
      }
      return recordsOf(source, label ?? "from", reading, reading.countsOf(plan, describeStep(plan)));
    },
  };
  return plan;
}

async function* recordsOf<T>(
  items: Iterable<T> | AsyncIterable<T>,
  name: string,
  reading: Pass,
  counts: StepCounts,
): AsyncGenerator<Entry<T>> {
  let record = 0;
  for await (const value of items) {
    await reading.yieldToEventLoop();
    const id = `${name}:${++record}`;
    counts.kept++;
    yield { value: complete(value, id, name), id, place: { source: name } };
  }
}

/** The record, with the `id` and `source` that a document needs. */
function complete<T>(value: T, id: string, source: string): T {
  const { text, id: ownId, source: ownSource } = (value ?? {}) as Partial<Document>;
  if (typeof text !== "string" || (ownId !== undefined && ownSource !== undefined)) return value;
  return { ...value, id: ownId ?? id, source: ownSource ?? source };
}

/** A text is an iterable of characters, which nobody means. */
function checkIterable<I>(items: I): I {
  const given = items as Partial<Iterable<unknown> & AsyncIterable<unknown>> | string | undefined | null;
  if (typeof given === "object" && (given?.[Symbol.iterator] ?? given?.[Symbol.asyncIterator])) return items;
  throw new ConfigError(
    `Cannot use Dataset.from: it needs an array, an iterable, or a function that gives one, current value is ` +
      `${show(items)}; for files there is Dataset.text`,
    { path: "Dataset.from", value: items },
  );
}

/** The iterators and streams that were read: they are used up. */
const used = new WeakSet<object>();

function isOneShot(items: object): boolean {
  return "next" in items || items instanceof ReadableStream;
}

function alreadyRead(plan: DatasetPlan): DataError {
  return new DataError(
    `Cannot read ${
      describeStep(plan)
    } a second time: it is an iterator, which is used up by the first reading; ` +
      `give a function that makes a new one, such as Dataset.from(() => generate()), or an array`,
  );
}
