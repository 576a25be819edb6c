/**
 * The call that made a corpus, which its JSON holds beside the reader and the steps.
 *
 * @module
 */
import type { Document } from "../document.ts";
import { type Paths, patternsOf } from "../io/file_patterns.ts";
import type { CorpusCall, DatasetPlan } from "../plan/plan.ts";

/** Makes a corpus's plan with the call in it; without the call where an option is no JSON, such as a model. */
export function corpusPlan<O extends object>(
  name: string,
  make: (paths: Paths, options?: O) => DatasetPlan<Document>,
  paths: Paths,
  options?: O,
): DatasetPlan<Document> {
  const plan = make(paths, options);
  if (!isJSON(options ?? {})) return plan;
  const call: CorpusCall = { name, paths: patternsOf(paths), options: options as CorpusCall["options"] };
  return Object.assign(plan, { call }); // the object must stay the same, because a pass counts by it
}

function isJSON(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  if (Array.isArray(value)) return value.every(isJSON);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJSON);
}
