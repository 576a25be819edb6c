/**
 * Removal of repeated spans of sentences, as in C4: every occurrence but the first is removed, and a page that then has
 * fewer than three sentences is dropped.
 *
 * Memory: 9 to 10 bytes per distinct span up to 128 MiB, further spans on disk.
 *
 * @module
 */
import { textHasher } from "./hash.ts";
import { HashStore } from "./hash_store.ts";
import { asDocument, type Document } from "../document.ts";
import { onEachSource } from "../steps/mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { stepPlan } from "../steps/stateful_step.ts";
import { sentenceEnds } from "../text/sentences.ts";

const minSentences = 3;
const memory = 1 << 27;

/** Plans the documents without spans of `sentences` sentences that were seen before. */
export function spansPlan(
  input: DatasetPlan<Document>,
  { sentences }: { sentences: number },
): DatasetPlan<Document> {
  return onEachSource(input, (source) =>
    stepPlan<Document, Document>(source, {
      op: "spans",
      options: { sentences },
      kind: "documents",
      reach: { instead: "switch it off, such as Dataset.c4(paths, { spans: false }), or write without part" },
      async *run(entries, counts, pass) {
        const hash = await textHasher();
        const seen = new HashStore(memory);
        const isNew = (span: string) => {
          const { low, high } = hash(span);
          return seen.add(low, high);
        };
        try {
          for await (const entry of entries) {
            const document = asDocument(entry);
            const { text, left, cut } = withoutSpans(document.text, sentences, isNew);
            if (cut > 0) counts.notes["sentences cut"] = Number(counts.notes["sentences cut"] ?? 0) + cut;
            if (cut > 0 && left < minSentences) await pass.drop(counts, "few sentences left", entry);
            else {
              counts.kept++;
              yield cut === 0 ? entry : { ...entry, value: { ...document, text } };
            }
          }
        } finally {
          seen.clear();
        }
      },
    }));
}

/** Removes the sentences of spans that are not new. */
function withoutSpans(
  text: string,
  length: number,
  isNew: (span: string) => boolean,
): { text: string; left: number; cut: number } {
  const ends: number[] = [];
  let from = 0;
  for (const line of text.split("\n")) {
    ends.push(...sentenceEnds(line).map((end) => from + end));
    from += line.length + 1;
  }
  const sentences = ends.map((end, i) => text.slice(i ? ends[i - 1] : 0, end));
  const normalized = sentences.map((sentence) => sentence.trim().toLowerCase());
  const repeated = new Uint8Array(sentences.length);
  for (let i = 0; i + length <= sentences.length; i++) {
    if (!isNew(normalized.slice(i, i + length).join("\n"))) repeated.fill(1, i, i + length);
  }
  const kept = sentences.filter((_, i) => repeated[i] === 0);
  return { text: kept.join("").trim(), left: kept.length, cut: sentences.length - kept.length };
}
