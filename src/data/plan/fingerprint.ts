/**
 * The identity of a plan: a hash of everything that it is made of.
 *
 * Operators, options, input files (path, size, modification time) and closures (source text, name, version) are
 * hashed from the readers on, step by step, so two plans can be compared to the step in which they differ.
 * A variable that a closure captures cannot be seen; when it changes, the closure's `version` has to be raised.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type DatasetPlan, describeStep, type UserFunction } from "./plan.ts";

/** The hash of a plan up to and including one of its steps. */
export interface LineageStep {
  /** The step in one line. */
  step: string;
  /** Changes when the step or anything before it changes. */
  fingerprint: string;
}

/** Returns the first 32 hex digits of the SHA-256 of `value` as canonical JSON. Typed arrays are hashed as their bytes. */
export function hashOf(value: unknown): string {
  const hash = createHash("sha256");
  feed(value, (part) => hash.update(part));
  return hash.digest("hex").slice(0, 32);
}

/** Returns the hash of a whole plan. Looks at the size and time of its input files. */
export function fingerprintOf(plan: DatasetPlan): string {
  return hashOf(identityOf(plan, plan.inputs.map(fingerprintOf)));
}

/** Returns the hash of a plan without the input files of its readers: of the steps that each file goes through. */
export function stepsFingerprintOf(plan: DatasetPlan): string {
  const { input, options: { paths: _, ...options } } = plan;
  const own = input ? { ...plan, options, identity: undefined } : plan;
  return hashOf(identityOf(own, plan.inputs.map(stepsFingerprintOf)));
}

/** Returns the hashes of all steps, readers first, as a checkpoint stores them. */
export function lineageOf(plan: DatasetPlan): LineageStep[] {
  const before = plan.inputs.map(lineageOf);
  const fingerprint = hashOf(identityOf(plan, before.map((steps) => steps[steps.length - 1].fingerprint)));
  return [...before.flat(), { step: describeStep(plan), fingerprint }];
}

/** Describes the first step in which two lineages differ; undefined when they are equal. */
export function differingStep(then: readonly LineageStep[], now: readonly LineageStep[]): string | undefined {
  for (let i = 0; i < Math.max(then.length, now.length); i++) {
    if (then[i]?.fingerprint === now[i]?.fingerprint) continue;
    if (then[i] === undefined) return `step ${i + 1} was added: ${now[i].step}`;
    if (now[i] === undefined) return `step ${i + 1} is gone: ${then[i].step}`;
    return then[i].step === now[i].step
      ? `step ${i + 1}, ${now[i].step}: its function, its files or its data changed`
      : `step ${i + 1} was ${then[i].step}, now it is ${now[i].step}`;
  }
  return undefined;
}

/**
 * Returns the key of a plan in a cache: its fingerprint and, for the parts that it cannot see through (closures without a
 * version, generator functions), the function objects themselves, which no other process has; then it is not persistent.
 */
export function cacheKeyOf(plan: DatasetPlan): { key: string; persistent: boolean } {
  const objects = unseen(plan);
  const key = objects.length ? hashOf([fingerprintOf(plan), objects.map(serialOf)]) : fingerprintOf(plan);
  return { key, persistent: objects.length === 0 };
}

/** Returns the functions and records of a plan that the fingerprint cannot see through. */
function unseen(plan: DatasetPlan): object[] {
  const own = plan.closure && plan.closure.version === undefined
    ? [plan.closure.fn]
    : plan.opaque
    ? [plan]
    : [];
  return [...plan.inputs.flatMap(unseen), ...own];
}

const serials = new WeakMap<object, string>();

function serialOf(object: object): string {
  const serial = serials.get(object) ?? crypto.randomUUID();
  serials.set(object, serial);
  return serial;
}

/**
 * Versions of the operators' meanings, 1 where none is given: raised when one changes, so that nothing made by the older
 * meaning is used again.
 */
const meanings: Readonly<Record<string, number>> = {
  text: 2,
  lines: 2,
  csv: 2,
  jsonl: 2,
  parquet: 2,
  warc: 2,
  "page text": 2,
  books: 2,
  github: 2,
  stackExchange: 2,
};

function identityOf(plan: DatasetPlan, inputs: readonly string[]): unknown {
  const mix = plan.mix?.map(({ name, weight, maxEpochs }) => [name, weight, maxEpochs ?? null]);
  return [
    meanings[plan.op] ?? (hasFractions(plan) ? 2 : 1),
    plan.op,
    plan.options,
    plan.closure ? closureIdentity(plan.closure) : null,
    plan.identity?.(),
    mix,
    inputs,
  ];
}

/** Returns true for a mixture with a share that is no whole number of thousandths: version 2 carries its fractions. */
function hasFractions({ mix = [] }: DatasetPlan): boolean {
  return mix.some(({ weight }) => Math.abs(weight * 1000 - Math.round(weight * 1000)) > 1e-9);
}

function closureIdentity({ fn, name, version }: UserFunction): unknown {
  return { text: String(fn), name, version };
}

function feed(value: unknown, out: (part: string | Uint8Array) => void): void {
  if (ArrayBuffer.isView(value)) {
    out(`${value.constructor.name}${value.byteLength}:`);
    out(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (Array.isArray(value)) {
    out(`[${value.length}:`);
    for (const item of value) feed(item, out);
  } else if (value instanceof RegExp || value instanceof Date || value instanceof URL) {
    out(`${value.constructor.name}${JSON.stringify(String(value))}`);
  } else if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value).filter((key) => (value as Record<string, unknown>)[key] !== undefined)
      .sort();
    out(`{${keys.length}:`);
    for (const key of keys) {
      out(JSON.stringify(key));
      feed((value as Record<string, unknown>)[key], out);
    }
  } else out(`${typeof value}${typeof value === "bigint" ? value : JSON.stringify(value) ?? value};`);
}
