/**
 * Documents cut in two: a head to train on and a tail to validate with.
 *
 * @module
 */
import { asDocument, type Document } from "../document.ts";
import { onEachSource } from "../steps/mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { stepPlan } from "../steps/stateful_step.ts";

/** UTF-16 units behind the exact place within which a white space is looked for. [ours] */
const reach = 200;

/** Returns the plan of the documents without the last `share` of their text. */
export function headPlan(input: DatasetPlan, share: number): DatasetPlan<Document> {
  return cutPlan(input, "head", share);
}

/** Returns the plan of the last `share` of the text of each document. Head and tail together are the whole text. */
export function tailPlan(input: DatasetPlan, share: number): DatasetPlan<Document> {
  return cutPlan(input, "tail", share);
}

function cutPlan(input: DatasetPlan, op: "head" | "tail", share: number): DatasetPlan<Document> {
  return onEachSource(input, (source) =>
    stepPlan<unknown, Document>(source, {
      op,
      options: { share },
      kind: "documents",
      async *run(entries, counts, pass) {
        for await (const entry of entries) {
          const document = asDocument(entry);
          const at = cutOf(document.text, share);
          const text = op === "head" ? document.text.slice(0, at) : document.text.slice(at);
          if (text.trim() === "") await pass.drop(counts, "blank", entry);
          else {
            counts.kept++;
            yield { ...entry, value: { ...document, text } };
          }
        }
      },
    }));
}

/** Returns the place where the tail begins: behind a white space when there is one near, and never inside a character. */
function cutOf(text: string, share: number): number {
  const at = Math.round(text.length * (1 - share));
  const space = text.slice(at, at + reach).search(/\s/);
  if (space >= 0) return at + space + 1;
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? at + 1 : at;
}
