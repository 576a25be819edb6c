/**
 * The readers of text files, which yield one document per file, paragraph, match of a pattern, or line.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { findLines, readLines, readText, type TextEncoding } from "../../formats/records/lines.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "./file_patterns.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { readerPlan } from "./file_reader.ts";

/** Options of `Dataset.text`. */
export interface TextOptions extends TextEncoding {
  /**
   * Unit of a document: a `file` (default), a `paragraph` (between blank lines), or the text between the matches of a
   * regular expression; a look-ahead keeps headings: `/(?=^CHAPTER \d+)/m`.
   */
  by?: "file" | "paragraph" | RegExp;
}

const encodingSchema = z.string().refine((label) => {
  try {
    return Boolean(new TextDecoder(label));
  } catch {
    return false;
  }
}, "must be a label of the Encoding standard, such as latin1").optional();

const textSchema = optionsSchema<TextOptions>()(z.strictObject({
  by: z.union(
    [z.enum(["file", "paragraph"]), z.instanceof(RegExp)],
    'must be "file", "paragraph" or a RegExp',
  )
    .optional(),
  encoding: encodingSchema,
}));

/** Options of `Dataset.lines`. */
export type LinesOptions = TextEncoding;

const linesSchema = optionsSchema<LinesOptions>()(z.strictObject({ encoding: encodingSchema }));

/** Plans documents from text files. */
export function textPlan(paths: Paths, options: TextOptions = {}): DatasetPlan<Document> {
  const { by = "file", encoding } = parseOptions(textSchema, options, "Dataset.text");
  return readerPlan(paths, {
    op: "text",
    options: { by, encoding },
    kind: "documents",
    async *read({ path, name }) {
      let record = 0;
      for await (const text of textsOf(path, by, encoding)) {
        yield entryOf(text, name, ++record, { file: name });
      }
    },
  });
}

/** Plans one document per line. */
export function linesPlan(paths: Paths, options: LinesOptions = {}): DatasetPlan<Document> {
  const { encoding } = parseOptions(linesSchema, options, "Dataset.lines");
  return readerPlan(paths, {
    op: "lines",
    options: { encoding },
    kind: "documents",
    async *read({ path, name }) {
      for await (const found of findLines(path, { encoding })) {
        yield isBrokenRecord(found)
          ? found
          : entryOf(found.value, name, found.line!, { file: name, line: found.line });
      }
    },
  });
}

function entryOf(
  text: string,
  path: string,
  record: number,
  place: Entry<Document>["place"],
): Entry<Document> {
  const id = `${path}:${record}`;
  return { value: { text, source: path, id }, id, place };
}

async function* textsOf(path: string, by: TextOptions["by"], encoding?: string): AsyncGenerator<string> {
  if (by === "paragraph") return yield* paragraphsOf(readLines(path, { encoding }));
  const text = await readText(path, { encoding });
  if (by instanceof RegExp) yield* splitBy(text, by);
  else if (text !== "") yield text;
}

/** Joins runs of lines that are not blank. */
async function* paragraphsOf(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let paragraph: string[] = [];
  for await (const line of lines) {
    if (line.trim() !== "") paragraph.push(line);
    else if (paragraph.length) {
      yield paragraph.join("\n");
      paragraph = [];
    }
  }
  if (paragraph.length) yield paragraph.join("\n");
}

/** Yields the text between matches, without empty parts and, unlike `String.split`, without the pattern's groups. */
function* splitBy(text: string, pattern: RegExp): Generator<string> {
  const all = new RegExp(pattern.source, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`);
  let from = 0;
  for (const match of text.matchAll(all)) {
    if (match.index > from) yield text.slice(from, match.index);
    from = match.index + match[0].length;
  }
  if (from < text.length) yield text.slice(from);
}
