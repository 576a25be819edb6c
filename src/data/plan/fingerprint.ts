/**
 * The identity of a plan: what it was made of, not what it yields.
 *
 * Operators, options, input files (path, size, modification time) and closures (source text, name, version) are
 * hashed from the readers on, step by step, so two plans can be compared to the step in which they differ.
 * What a closure captures cannot be seen: whoever changes that raises its `version`.
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

/** SHA-256 of `value` as canonical JSON, the first 32 hex digits. Typed arrays are hashed as their bytes. */
export function hashOf(value: unknown): string {
  const hash = createHash("sha256");
  feed(value, (part) => hash.update(part));
  return hash.digest("hex").slice(0, 32);
}

/** The hash of a whole plan. Looks at the size and time of its input files. */
export function fingerprintOf(plan: DatasetPlan): string {
  return hashOf(identityOf(plan, plan.inputs.map(fingerprintOf)));
}

/** The hashes of all steps, readers first: what a checkpoint stores. */
export function lineageOf(plan: DatasetPlan): LineageStep[] {
  const before = plan.inputs.map(lineageOf);
  const fingerprint = hashOf(identityOf(plan, before.map((steps) => steps[steps.length - 1].fingerprint)));
  return [...before.flat(), { step: describeStep(plan), fingerprint }];
}

/** The first step in which two lineages differ, in words; undefined when they are equal. */
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
 * What a cache is keyed by: the fingerprint, and for parts of the plan that it cannot see through (closures
 * without a version, generator functions) the very function objects, which no other process has.
 */
export function cacheKeyOf(plan: DatasetPlan): { key: string; lasting: boolean } {
  const objects = unseen(plan);
  const key = objects.length ? hashOf([fingerprintOf(plan), objects.map(serialOf)]) : fingerprintOf(plan);
  return { key, lasting: objects.length === 0 };
}

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

/** Raised when an operator's meaning changes, so that nothing made by its older meaning is used again. */
const meaning = 1;

function identityOf(plan: DatasetPlan, inputs: readonly string[]): unknown {
  const mix = plan.mix?.map(({ name, weight, maxEpochs }) => [name, weight, maxEpochs ?? null]);
  return [
    meaning,
    plan.op,
    plan.options,
    plan.closure ? closureIdentity(plan.closure) : null,
    plan.identity?.(),
    mix,
    inputs,
  ];
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
  } else out(`${typeof value}${JSON.stringify(value) ?? String(value)};`);
}
