/**
 * Steps that read one plan from its first record to its last, and count what they keep and drop.
 *
 * @module
 */
import { DataError, LlameroError } from "../../base/errors.ts";
import type { Entry } from "../document.ts";
import type { ClosureOptions } from "../io/in_memory.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import { type DatasetPlan, describeStep, type Reach, type UserFunction } from "../plan/plan.ts";

/** A step from records T to records U. */
interface Step<T, U> {
  /** Its verb. */
  op: string;
  /** Its options, as shown and hashed. */
  options?: Record<string, unknown>;
  /** Its function, if it has one. */
  closure?: UserFunction;
  /** The kind of its records, where it is known. */
  kind?: DatasetPlan["kind"];
  /** Facts outside the plan that change what it yields, such as a model. Looked up when a fingerprint is asked for. */
  identity?: () => unknown;
  /** True when `identity` cannot see what it would yield. */
  opaque?: boolean;
  /** The records that its result for one record depends on; default: all of the dataset. */
  reach?: Reach;
  /** Reads the entries before the step, counts, and gives the entries behind it. */
  run: (entries: AsyncIterable<Entry<T>>, counts: StepCounts, pass: Pass) => AsyncIterable<Entry<U>>;
}

/** Returns the plan that puts a step after `input`. */
export function stepPlan<T, U>(input: DatasetPlan<T>, step: Step<T, U>): DatasetPlan<U> {
  return stepPlanVia(input, input, step);
}

/**
 * Returns the plan that puts a step after `input`, which it reads by way of `via`: `input` with a derived value, which is no
 * step of its own to the user.
 */
export function stepPlanVia<T, U>(
  input: DatasetPlan,
  via: DatasetPlan<T>,
  { op, options = {}, closure, kind, identity, opaque, reach, run }: Step<T, U>,
): DatasetPlan<U> {
  const plan: DatasetPlan<U> = {
    op,
    options,
    inputs: [input],
    closure,
    kind,
    identity,
    opaque,
    reach,
    open(pass) {
      const entries = via.open(pass);
      return run(entries, pass.countsOf(plan, describeStep(plan)), pass);
    },
  };
  return plan;
}

/** Returns a user's function with the name it is shown by: the name given, its own, or the beginning of its text. */
export function closureOf(
  fn: (...args: never[]) => unknown,
  { name, version }: ClosureOptions,
): UserFunction {
  const text = String(fn).replace(/\s+/g, " ");
  return { fn, version, name: name || fn.name || (text.length > 60 ? `${text.slice(0, 57)}...` : text) };
}

/**
 * Calls a user's function for one record.
 *
 * @throws {DataError} naming step and record when the function throws
 */
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
