/**
 * Exact deduplication [paper 2.1]: of whole documents, of paragraphs, or of lines; the first one stays.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { parseOptions, type Same } from "../base/schema.ts";
import { asDocument, type Document } from "./document.ts";
import type { Plan } from "./plan.ts";
import { stepPlan } from "./step.ts";

/** What counts as a repetition. */
export interface DedupOptions {
  /**
   * `document` (default) drops documents whose text was seen before; `line` and `paragraph` cut lines or paragraphs
   * seen before, in this document or an earlier one, and drop documents of which nothing is left. Blank lines stay.
   */
  by?: "document" | "line" | "paragraph";
}

const schema = z.strictObject({
  by: z.enum(["document", "line", "paragraph"]).default("document"),
}) satisfies z.ZodType<DedupOptions>;
true satisfies Same<keyof z.input<typeof schema>, keyof DedupOptions>;

/** What separates the units; it is put back between those that stay. */
const borders = { document: undefined, line: /(\n)/, paragraph: /(\n[^\S\n]*\n\s*)/ };

/** The documents without what was seen before. Memory: about 100 bytes for each distinct unit. */
export function dedupPlan(input: Plan<Document>, options: DedupOptions): Plan<Document> {
  const { by } = parseOptions(schema, options, "Dataset.dedup");
  const border = borders[by];
  return stepPlan<Document, Document>(input, {
    op: "dedup",
    options: { by },
    kind: "documents",
    async *run(entries, counts, reading) {
      const seen = new Set<string>();
      for await (const entry of entries) {
        const document = asDocument(entry);
        const text = border
          ? withoutSeen(document.text, border, seen)
          : isNew(document.text, seen)
          ? document.text
          : "";
        if (text.trim() === "") await reading.drop(counts, border ? `no new ${by}` : "seen before", entry);
        else {
          counts.kept++;
          if (text !== document.text) {
            counts.notes["documents shortened"] = Number(counts.notes["documents shortened"] ?? 0) + 1;
          }
          yield text === document.text ? entry : { ...entry, value: { ...document, text } };
        }
      }
    },
  });
}

/** The text with each unit that was seen before cut out, together with the border before it. */
function withoutSeen(text: string, border: RegExp, seen: Set<string>): string {
  const pieces = text.split(border), kept: string[] = [];
  for (let i = 0; i < pieces.length; i += 2) {
    if (pieces[i].trim() !== "" && !isNew(pieces[i], seen)) continue;
    if (kept.length) kept.push(pieces[i - 1]);
    kept.push(pieces[i]);
  }
  return kept.join("");
}

function isNew(text: string, seen: Set<string>): boolean {
  // Short texts are their own key; longer ones go by SHA-256, in which no two texts are known to agree.
  const key = text.length <= 43 ? text : createHash("sha256").update(text).digest("base64");
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
