/**
 * A corpus of the paper as its JSON says it: besides the reader and steps that it is made of, the one call that made it.
 *
 * @module
 */
import type { Document } from "../document.ts";
import { type Paths, patternsOf } from "../io/file_patterns.ts";
import type { CorpusCall, DatasetPlan } from "../plan/plan.ts";

/** The plan that `make` gives, with the call where JSON can hold its options: a model among them has no JSON. */
export function corpusPlan<O extends object>(
  name: string,
  make: (paths: Paths, options?: O) => DatasetPlan<Document>,
  paths: Paths,
  options?: O,
): DatasetPlan<Document> {
  const plan = make(paths, options);
  if (!isJSON(options ?? {})) return plan;
  const call: CorpusCall = { name, paths: patternsOf(paths), options: options as CorpusCall["options"] };
  return Object.assign(plan, { call }); // the same object: a pass counts by it
}

function isJSON(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  if (Array.isArray(value)) return value.every(isJSON);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJSON);
}
