/**
 * What all steps share: they read one plan and count what they keep and drop.
 *
 * @module
 */
import { DataError, LlameroError } from "../../base/errors.ts";
import type { Entry } from "../document.ts";
import type { ClosureOptions } from "../io/in_memory.ts";
import { type DatasetPlan, describeStep, type UserFunction } from "../plan/plan.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";

/** What a step does with the entries that reach it. */
export interface Step<T, U> {
  /** Its verb. */
  op: string;
  /** Its options, as shown and hashed. */
  options?: Record<string, unknown>;
  /** Its function, if it has one. */
  closure?: UserFunction;
  /** What it yields, where that is known. */
  kind?: DatasetPlan["kind"];
  /** Facts outside the plan that change what it yields, such as a model. Looked up when a fingerprint is asked for. */
  identity?: () => unknown;
  /** True when `identity` cannot see what it would yield. */
  opaque?: boolean;
  /** A stage put before it that sketches each record, which is no step of its own to the user. */
  via?: (input: DatasetPlan<T>) => DatasetPlan<T>;
  /** The step itself. */
  run: (entries: AsyncIterable<Entry<T>>, counts: StepCounts, reading: Pass) => AsyncIterable<Entry<U>>;
}

/** The plan that puts a step after `input`. */
export function stepPlan<T, U>(
  input: DatasetPlan<T>,
  { op, options = {}, closure, kind, identity, opaque, via, run }: Step<T, U>,
): DatasetPlan<U> {
  const plan: DatasetPlan<U> = {
    op,
    options,
    inputs: [input],
    closure,
    kind,
    identity,
    opaque,
    open(reading) {
      const entries = (via ? via(input) : input).open(reading);
      return run(entries, reading.countsOf(plan, describeStep(plan)), reading);
    },
  };
  return plan;
}

/** A function of the user's, under the name it is shown by: the given one, its own, or the beginning of its text. */
export function closureOf(
  fn: (...args: never[]) => unknown,
  { name, version }: ClosureOptions,
): UserFunction {
  const text = String(fn).replace(/\s+/g, " ");
  return { fn, version, name: name || fn.name || (text.length > 60 ? `${text.slice(0, 57)}...` : text) };
}

/** Calls a function of the user's for one record; what it throws then names the step and the record. */
export async function call<R>(
  { name }: UserFunction,
  op: string,
  entry: Entry<unknown>,
  run: () => R | Promise<R>,
): Promise<R> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof LlameroError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Cannot ${op} record ${entry.id}: ${name} threw ${why}`, { ...entry.place, cause });
  }
}
