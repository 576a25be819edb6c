/**
 * The readers of text files, which yield one document per file, paragraph, match of a pattern, or line.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { type BrokenRecord, isBrokenRecord, type RecordOrError } from "../../formats/record_or_error.ts";
import { detected, findLines, readWhole } from "../../formats/records/lines.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "./file_patterns.ts";
import type { StepCounts } from "../plan/pass.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type BrokenOptions, onBrokenSchema, readerPlan } from "./file_reader.ts";
import { isJson, isJsonName, jsonAsProse } from "./json_or_prose.ts";

/** Options of `Dataset.lines`. */
export interface LinesOptions extends BrokenOptions {
  /**
   * A label of the Encoding standard, such as `latin1`, for all files; default: detected file by file
   * (`formats/encoding/detect_encoding.ts` lists the encodings).
   */
  encoding?: string;
}

/** Options of `Dataset.text`. */
export interface TextOptions extends LinesOptions {
  /**
   * Unit of a document: a `file` (default), a `paragraph` (between blank lines), or the text between the matches of a
   * regular expression; a look-ahead keeps headings: `/(?=^CHAPTER \d+)/m`.
   */
  by?: "file" | "paragraph" | RegExp;
}

/** The schema of the label of an encoding. */
export const encodingSchema = z.string().refine((label) => {
  try {
    return Boolean(new TextDecoder(label));
  } catch {
    return false;
  }
}, "must be a label of the Encoding standard, such as latin1").optional();

const textSchema = optionsSchema<TextOptions>("TextOptions")(z.strictObject({
  by: z.union(
    [z.enum(["file", "paragraph"]), z.instanceof(RegExp)],
    'must be "file", "paragraph" or a RegExp',
  )
    .optional(),
  encoding: encodingSchema,
  onBroken: onBrokenSchema,
}));

const linesSchema = optionsSchema<LinesOptions>("LinesOptions")(
  z.strictObject({ encoding: encodingSchema, onBroken: onBrokenSchema }),
);

/** Plans documents from text files. */
export function textPlan(paths: Paths, options: TextOptions = {}): DatasetPlan<Document> {
  const { by = "file", encoding, onBroken } = parseOptions(textSchema, options, "Dataset.text");
  return readerPlan(paths, {
    op: "text",
    options: { by, encoding, onBroken },
    kind: "documents",
    onBroken,
    folders: "files",
    async *read({ path, name }, _, counts) {
      let record = 0;
      if (isJsonName(name)) yield jsonAsProse();
      else {
        for await (
          const text of by === "paragraph"
            ? paragraphsOf(path, encoding)
            : textsOf(path, by, encoding, counts)
        ) {
          yield typeof text === "string" ? entryOf(text, name, ++record, { file: name }) : text;
        }
      }
    },
  });
}

/** Plans one document per line. */
export function linesPlan(paths: Paths, options: LinesOptions = {}): DatasetPlan<Document> {
  const { encoding, onBroken } = parseOptions(linesSchema, options, "Dataset.lines");
  return readerPlan(paths, {
    op: "lines",
    options: { encoding, onBroken },
    kind: "documents",
    onBroken,
    folders: "files",
    async *read({ path, name }) {
      if (isJsonName(name)) {
        yield jsonAsProse();
        return;
      }
      for await (const found of proseLines(path, encoding)) {
        yield isBrokenRecord(found)
          ? found
          : entryOf(found.value, name, found.line!, { file: name, line: found.line });
      }
    },
  });
}

/** Reads the lines of a file as prose; a file that begins as JSON is one broken record. */
async function* proseLines(path: string, encoding?: string): AsyncGenerator<RecordOrError<string>> {
  let isBegun = false;
  for await (const found of findLines(path, { encoding: encoding ?? detected, ends: "any" })) {
    if (!isBegun && !isBrokenRecord(found)) {
      if (isJson(found.value)) return yield jsonAsProse();
      isBegun = found.value.trim() !== "";
    }
    yield found;
  }
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

/**
 * Reads a whole file as prose, in the `encoding` named or the one detected, with LF at the ends of lines. Counts the
 * files of each encoding but UTF-8, and the characters that cannot be decoded.
 */
export async function readProse(
  path: string,
  encoding: string | undefined,
  counts: StepCounts,
): Promise<string | BrokenRecord> {
  const found = await readWhole(path, encoding ?? detected);
  if (isBrokenRecord(found)) return found;
  if (isJson(found.text)) return jsonAsProse();
  const note = (what: string, times: number) => {
    if (times) counts.notes[what] = Number(counts.notes[what] ?? 0) + times;
  };
  note(`files in ${found.encoding}`, encoding === undefined && found.encoding !== "utf-8" ? 1 : 0);
  note("characters that cannot be decoded (U+FFFD)", found.replaced);
  return found.text.includes("\r") ? found.text.replace(/\r\n?/g, "\n") : found.text;
}

async function* textsOf(
  path: string,
  by: "file" | RegExp,
  encoding: string | undefined,
  counts: StepCounts,
): AsyncGenerator<string | BrokenRecord> {
  const text = await readProse(path, encoding, counts);
  if (by instanceof RegExp && typeof text === "string") yield* splitBy(text, by);
  else if (text !== "") yield text;
}

/** Joins runs of lines that are not blank. */
async function* paragraphsOf(path: string, encoding?: string): AsyncGenerator<string | BrokenRecord> {
  let paragraph: string[] = [];
  for await (const found of proseLines(path, encoding)) {
    if (isBrokenRecord(found)) {
      yield found;
      continue;
    }
    const line = found.value;
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
