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
import { dedupPlan } from "../dedup/dedup.ts";
import type { Document } from "../document.ts";
import type { Paths } from "../io/file_patterns.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type BrokenOptions, onBrokenSchema, readerPlan } from "../io/file_reader.ts";
import { isJsonName } from "../io/json_or_prose.ts";
import { lineIds } from "../io/records.ts";
import { encodingSchema, readProse } from "../io/text.ts";
import { type Judge, judgeOf, type Note, textStepPlan } from "../steps/document_step.ts";

/** Options of the books corpus. */
export interface BooksOptions extends BrokenOptions {
  /**
   * Overlap above which the shorter book is dropped; default 0.9 [paper 2.1]. `false` turns the comparison off.
   */
  overlap?: number | false;
  /** Removes Project Gutenberg's header and licence; default true. */
  gutenberg?: boolean;
  /** A label of the Encoding standard, such as `latin1`, for all files; default: detected file by file. */
  encoding?: string;
}

const schema = optionsSchema<BooksOptions>("BooksOptions")(z.strictObject({
  overlap: z.union([z.number().gt(0).max(1), z.literal(false)]).default(0.9),
  gutenberg: z.boolean().default(true),
  encoding: encodingSchema,
  onBroken: onBrokenSchema,
}));

/**
 * Plans one document per text file, or per row of JSON with a `text` (other fields: `meta`).
 */
export function booksPlan(paths: Paths, options: BooksOptions = {}): DatasetPlan<Document> {
  const { overlap, gutenberg, encoding, onBroken } = parseOptions(schema, options, "Dataset.books");
  let plan = readerPlan<Document>(paths, {
    op: "books",
    options: { encoding, onBroken },
    kind: "documents",
    onBroken,
    async *read({ path, name }, _, counts) {
      if (!isJsonName(name)) {
        const text = await readProse(path, encoding, counts);
        const id = `${name}:1`;
        if (typeof text !== "string") {
          if (text.reason !== "JSON") {
            yield text;
            return;
          }
        } else {
          if (text !== "") yield { value: { text, source: name, id }, id, place: { file: name } };
          return;
        }
      }
      const idOf = lineIds(name);
      for await (const found of findJsonl(path)) {
        const id = idOf(found.line);
        if (isBrokenRecord(found)) yield found;
        else if (typeof found.value.text !== "string") {
          yield { problem: "a row without text", line: found.line };
        } else {
          const { text, ...meta } = found.value;
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
