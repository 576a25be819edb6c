/**
 * The books corpus [paper 2.1], 4.5 % of LLaMA's tokens: Project Gutenberg, without books that overlap by more than
 * 90 %.
 *
 * Overlap is the share of the shorter book's sequences of five words that the longer one contains. It finds second
 * editions, and books in an anthology of up to about twice their length; it may miss them in longer anthologies.
 * Volumes of one work overlap little and stay. Of two overlapping books the longer one stays, of equally long ones
 * the first.
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

/** Options of the books corpus. */
export interface BooksOptions {
  /**
   * Overlap above which the shorter book is dropped; default 0.9, as in the paper. `false` turns the comparison off.
   */
  overlap?: number | false;
  /** Removes Project Gutenberg's header and licence; default true. */
  gutenberg?: boolean;
}

const schema = optionsSchema<BooksOptions>()(z.strictObject({
  overlap: z.union([z.number().gt(0).max(1), z.literal(false)]).default(0.9),
  gutenberg: z.boolean().default(true),
}));

/**
 * Plans one document per text file (UTF-8, else Latin-1) or per row of JSON Lines with a `text` (other fields:
 * `meta`).
 */
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

/** Returns the judge that removes Project Gutenberg's header and licence. */
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

/** Returns the text between Project Gutenberg's header and licence, with LF line ends; counts missing marks. */
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
