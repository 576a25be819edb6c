/**
 * The readers of JSON Lines, CSV and Parquet files, which yield rows or documents.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import { decodeStrictly } from "../../formats/encoding/detect_encoding.ts";
import { findCsv } from "../../formats/records/csv.ts";
import { type BrokenRecord, isBrokenRecord, type RecordOrError } from "../../formats/record_or_error.ts";
import { findJsonl, jsonlRanges, type Row } from "../../formats/records/jsonl.ts";
import { findParquet, parquetRanges } from "../../formats/records/parquet.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "./file_patterns.ts";
import { isRemote } from "./download_cache.ts";
import type { FileFacts, FileRange } from "../plan/input_unit.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type BrokenOptions, onBrokenSchema, readerPlan } from "./file_reader.ts";
import { encodingSchema } from "./text.ts";

/** The conversion of rows to documents: names of fields, and the treatment of broken records. */
export interface RowOptions extends BrokenOptions {
  /** Field with the text; the other fields become `meta`. Without it rows stay rows. */
  text?: string;
  /** Field with a unique id (a string or a number); default: path and number of the line or record. */
  id?: string;
  /** Field with the source of the text; default: the path. */
  source?: string;
  /** Another name of `onBroken`, with `refuse` for `throw`. */
  broken?: "skip" | "refuse";
}

/** Options of `Dataset.jsonl`. */
export type JsonlOptions = RowOptions;

/** Options of `Dataset.parquet`. */
export type ParquetOptions = RowOptions;

/** Options of `Dataset.csv`. */
export interface CsvOptions extends RowOptions {
  /** The one character between fields, such as `;`; default: a tab in `.tsv` and `.tab` files, else a comma. */
  delimiter?: string;
  /** Another name of `delimiter`. */
  separator?: string;
  /** The one character around fields, default `"`; `false` for files in which a quote is a character like any other. */
  quote?: string | false;
  /** A label of the Encoding standard, such as `latin1`; default `utf-8`. */
  encoding?: string;
}

const fields = {
  text: z.string().optional(),
  id: z.string().optional(),
  source: z.string().optional(),
  onBroken: onBrokenSchema,
  broken: z.enum(["skip", "refuse"]).optional(),
};
const hasText = ({ text, id, source }: RowOptions) =>
  text !== undefined || (id === undefined && source === undefined);
const textMissing = "id and source need text, which makes documents of the rows";

const rowSchema = optionsSchema<RowOptions>("RowOptions")(
  z.strictObject(fields).refine(hasText, textMissing),
);

const character = z.string().length(1).regex(/[^\r\n]/, "must be no line end").optional();

const csvSchema = optionsSchema<CsvOptions>("CsvOptions")(
  z.strictObject({
    ...fields,
    delimiter: character,
    separator: character,
    quote: z.union([character, z.literal(false)]),
    encoding: encodingSchema,
  }).refine(hasText, textMissing).refine(
    ({ delimiter, separator }) => delimiter === undefined || separator === undefined,
    "delimiter and separator are one option, name one of them",
  ).refine(
    ({ delimiter, separator = delimiter, quote = '"' }) => separator !== quote,
    "delimiter and quote must be two characters",
  ),
);

/** Plans the rows of JSON Lines files, or with `{ text: "field" }` documents. */
export function jsonlPlan(
  paths: Paths,
  options: JsonlOptions = {},
): DatasetPlan<Row> | DatasetPlan<Document> {
  return rowsPlan(paths, "jsonl", parseOptions(rowSchema, options, "Dataset.jsonl"), {
    of: "bytes",
    find: findJsonl,
    cut: jsonlRanges,
  });
}

/** Plans the rows of CSV files, all values strings, or documents. */
export function csvPlan(paths: Paths, options: CsvOptions = {}): DatasetPlan<Row> | DatasetPlan<Document> {
  const { delimiter, separator = delimiter, quote, encoding, ...fields } = parseOptions(
    csvSchema,
    options,
    "Dataset.csv",
  );
  const format = { separator, quote, encoding };
  return rowsPlan(paths, "csv", fields, { of: "bytes", find: (path) => findCsv(path, format) }, format);
}

/** Plans the rows of Parquet files, or documents. */
export function parquetPlan(
  paths: Paths,
  options: ParquetOptions = {},
): DatasetPlan<Row> | DatasetPlan<Document> {
  return rowsPlan(
    paths,
    "parquet",
    parseOptions(rowSchema, options, "Dataset.parquet"),
    { of: "row groups", find: (path, range) => findParquet(path, undefined, range), cut: parquetRanges },
  );
}

/** A format of records. */
interface RowFormat {
  /** Unit of the borders of ranges. */
  of: FileRange["of"];
  /** Reads the records of a file, or of a range of it. */
  find: (path: string, range?: FileRange) => AsyncIterable<RecordOrError<Row>>;
  /** Cuts a file into ranges of about `bytes` bytes; without it files are read whole. */
  cut?: (path: string, bytes: number) => Promise<{ from: number; to: number }[]>;
}

function rowsPlan(
  paths: Paths,
  op: string,
  fields: RowOptions,
  { of, find, cut }: RowFormat,
  format: Record<string, unknown> = {},
): DatasetPlan<Row> | DatasetPlan<Document> {
  const { text, broken, onBroken = broken === "refuse" ? "throw" : broken } = fields;
  async function* read(
    { path, name }: { path: string; name: string },
    range?: FileRange,
  ): AsyncGenerator<Entry<Row> | BrokenRecord> {
    const idOf = lineIds(name);
    for await (const found of find(path, range)) {
      const id = idOf(found.line);
      if (isBrokenRecord(found)) yield found;
      else yield { value: found.value, id, place: { file: name, line: found.line } };
    }
  }
  const ranges = async ({ path }: FileFacts, bytes: number) =>
    cut && !isRemote(path) ? (await cut(path, bytes)).map((range) => ({ of, ...range })) : [];
  return text === undefined
    ? readerPlan(paths, {
      op,
      options: { ...format, broken, onBroken: fields.onBroken },
      onBroken,
      ranges,
      read: (file, _pass, _counts, range) => read(file, range),
    })
    : readerPlan(paths, {
      op,
      options: { ...fields, ...format },
      onBroken,
      kind: "documents",
      ranges,
      async *read(file, _pass, _counts, range) {
        for await (const entry of read(file, range)) {
          yield isBrokenRecord(entry) ? entry : documentOf(entry, { ...fields, text });
        }
      },
    });
}

/**
 * Returns the function that makes the ids of the records of a file, one after another: its name and the line (or the number
 * of the record); a second record on a line is `name:line.2`.
 */
export function lineIds(name: string): (line?: number) => string {
  let last = 0;
  let onLine = 1;
  return (line = last + 1) => {
    onLine = line === last ? onLine + 1 : 1;
    last = line;
    return `${name}:${line}${onLine > 1 ? `.${onLine}` : ""}`;
  };
}

function documentOf(
  entry: Entry<Row>,
  fields: RowOptions & { text: string },
): Entry<Document> | BrokenRecord {
  const { meta, ...rest } = entry.value;
  const others: Row = { ...(isObject(meta) ? meta : meta === undefined ? {} : { meta }), ...rest };
  let problem: string | undefined;
  const take = (field: string) => {
    const value = textOfBytes(entry.value[field]);
    delete others[field];
    if (typeof value === "string" || (typeof value === "number" && field !== fields.text)) {
      return String(value);
    }
    const shown = value instanceof Uint8Array ? "bytes that are not UTF-8" : show(value);
    problem ??= `field ${field} must be a string, current value is ${shown}`;
    return "";
  };
  const text = take(fields.text);
  const id = fields.id === undefined ? entry.id : take(fields.id);
  const source = fields.source === undefined ? entry.place.file! : take(fields.source);
  if (problem !== undefined) return { problem, line: entry.place.line, text: show(entry.value) };
  const value = { text, source, id, ...(Object.keys(others).length ? { meta: others } : {}) };
  return { ...entry, value };
}

/** Decodes bytes in UTF-8, as of a binary Parquet column; returns anything else, and other bytes, as they are. */
function textOfBytes(value: unknown): unknown {
  return value instanceof Uint8Array ? decodeStrictly(value, "utf-8") ?? value : value;
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
