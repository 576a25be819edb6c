/**
 * Books [paper 2.1], 4.5 % of LLaMA's tokens: Project Gutenberg, without books of which more than 90 % overlap.
 *
 * Overlap is the share of the shorter book's sequences of five words that the longer one has as well (containment), so a
 * second edition counts, and so does a book inside an anthology of up to about twice its length; longer anthologies may
 * be missed. Volumes of one work share little and stay. The longer book stays, and of equally long ones the first.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { findJsonl } from "../../formats/records/jsonl.ts";
import { readText } from "../../formats/records/lines.ts";
import { DataError } from "../../base/errors.ts";
import { dedupPlan } from "../dedup/dedup.ts";
import type { Document } from "../document.ts";
import type { Paths } from "../io/file_patterns.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { readerPlan } from "../io/file_reader.ts";
import { type Judge, judgeOf, type Note, textStepPlan } from "../steps/document_step.ts";

/** How books are compared. */
export interface BooksOptions {
  /** Share of overlap above which the shorter book goes; default 0.9, as in the paper. `false` compares none. */
  overlap?: number | false;
  /** Whether Project Gutenberg's head and licence are cut; default true. */
  gutenberg?: boolean;
}

const schema = optionsSchema<BooksOptions>()(z.strictObject({
  overlap: z.union([z.number().gt(0).max(1), z.literal(false)]).default(0.9),
  gutenberg: z.boolean().default(true),
}));

/** One document a text file (UTF-8, else Latin-1), or a row of JSON Lines with `text` (PG-19's fields go to `meta`). */
export function booksPlan(paths: Paths, options: BooksOptions = {}): DatasetPlan<Document> {
  const { overlap, gutenberg } = parseOptions(schema, options, "Dataset.books");
  let plan = readerPlan<Document>(paths, {
    op: "books",
    options: {},
    kind: "documents",
    async *read({ path, name }, _, counts) {
      if (!/\.jsonl(\.\w+)?$/i.test(name)) {
        const { text, latin } = await bookText(path);
        if (latin) counts.notes["books in Latin-1"] = Number(counts.notes["books in Latin-1"] ?? 0) + 1;
        const id = `${name}:1`;
        if (text !== "") yield { value: { text, source: name, id }, id, place: { file: name } };
        return;
      }
      for await (const found of findJsonl(path)) {
        if (isBrokenRecord(found)) yield found;
        else if (typeof found.value.text !== "string") {
          yield { problem: "a row without text", line: found.line };
        } else {
          const { text, ...meta } = found.value;
          const id = `${name}:${found.line}`;
          yield { value: { text, source: name, id, meta }, id, place: { file: name, line: found.line } };
        }
      }
    },
  });
  if (gutenberg) {
    plan = textStepPlan(plan, {
      op: "gutenberg",
      job: () => judgeOf(import.meta.url, undefined, gutenbergJudge),
    });
  }
  return overlap === false
    ? plan
    : dedupPlan(plan, { by: "near", measure: "containment", threshold: overlap, keep: "longest" });
}

/** Cuts Project Gutenberg's head and licence. */
export function gutenbergJudge(): Judge {
  return ({ text }, note) => ({ text: withoutLicence(text, note) });
}

async function bookText(path: string): Promise<{ text: string; latin: boolean }> {
  try {
    return { text: await readText(path), latin: false };
  } catch (error) {
    if (!(error instanceof DataError) || !/as utf-8/.test(error.message)) throw error;
    return { text: await readText(path, { encoding: "latin1" }), latin: true };
  }
}

/** The book between Project Gutenberg's head and licence, with LF line ends; a mark that is missing is counted. */
export function withoutLicence(text: string, note: Note = () => {}): string {
  const book = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const start =
    /^[ \t]*\*\*\* ?START OF (THE|THIS) PROJECT GUTENBERG EBOOK[^\n]*(\n[^\n]*\*\*\*[ \t]*$)?/im.exec(book) ??
      /^\*END\*? ?THE SMALL PRINT![^\n]*/im.exec(book);
  const end = /^[ \t]*\*\*\* ?END OF (THE|THIS) PROJECT GUTENBERG EBOOK|^End of (the )?Project Gutenberg/im
    .exec(
      book,
    );
  if (!start) note("without a start mark");
  if (!end) note("without an end mark");
  const from = start ? start.index + start[0].length : 0;
  return book.slice(from, end && end.index > from ? end.index : undefined).trim();
}
