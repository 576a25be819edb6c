/**
 * Rows of JSON Lines, CSV and Parquet files, as they are or as documents.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import { findCsv } from "../../formats/records/csv.ts";
import { type BrokenRecord, isBrokenRecord, type RecordOrError } from "../../formats/record_or_error.ts";
import { findJsonl, type Row } from "../../formats/records/jsonl.ts";
import { findParquet } from "../../formats/records/parquet.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "./file_patterns.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { readerPlan } from "./file_reader.ts";

/** How rows become documents: the names of the fields that hold their parts. */
export interface RowOptions {
  /** The field that holds the text; the other fields go to `meta`. Without it the rows stay as they are. */
  text?: string;
  /** The field that holds a unique id (a string or a number); default: path and line (or record) number. */
  id?: string;
  /** The field that says where the text came from; default: the path. */
  source?: string;
  /**
   * What becomes of a record that cannot be read, or lacks a field named above: `skip` (default) counts it, tells the
   * first in `stats()` and writes all to the rejects; `refuse` ends the reading with a `DataError`, as befits a test set.
   */
  broken?: "skip" | "refuse";
}

/** How rows of JSON Lines files become documents. */
export type JsonlOptions = RowOptions;

/** How rows of Parquet files become documents. */
export type ParquetOptions = RowOptions;

/** How CSV files are read, and how their rows become documents. */
export interface CsvOptions extends RowOptions {
  /** What separates fields, one character; default: a tab in `.tsv` files, else a comma. */
  separator?: string;
  /** A label of the Encoding standard, such as `latin1`; default `utf-8`. */
  encoding?: string;
}

const fields = {
  text: z.string().optional(),
  id: z.string().optional(),
  source: z.string().optional(),
  broken: z.enum(["skip", "refuse"]).optional(),
};
const needsText = ({ text, id, source }: RowOptions) =>
  text !== undefined || (id === undefined && source === undefined);
const whatText = "id and source need text, which makes documents of the rows";

const rowSchema = optionsSchema<RowOptions>()(z.strictObject(fields).refine(needsText, whatText));

const csvSchema = optionsSchema<CsvOptions>()(
  z.strictObject({
    ...fields,
    separator: z.string().length(1).optional(),
    encoding: z.string().optional(),
  }).refine(needsText, whatText),
);

/** The rows of JSON Lines files, or with `{ text: "field" }` documents made of them. */
export function jsonlPlan(
  paths: Paths,
  options: JsonlOptions = {},
): DatasetPlan<Row> | DatasetPlan<Document> {
  return rowsPlan(paths, "jsonl", parseOptions(rowSchema, options, "Dataset.jsonl"), findJsonl);
}

/** The rows of CSV files, all values strings, or documents made of them. */
export function csvPlan(paths: Paths, options: CsvOptions = {}): DatasetPlan<Row> | DatasetPlan<Document> {
  const { separator, encoding, ...fields } = parseOptions(csvSchema, options, "Dataset.csv");
  return rowsPlan(paths, "csv", fields, (path) => findCsv(path, { separator, encoding }), {
    separator,
    encoding,
  });
}

/** The rows of Parquet files, or documents made of them. */
export function parquetPlan(
  paths: Paths,
  options: ParquetOptions = {},
): DatasetPlan<Row> | DatasetPlan<Document> {
  return rowsPlan(
    paths,
    "parquet",
    parseOptions(rowSchema, options, "Dataset.parquet"),
    (path) => findParquet(path),
  );
}

function rowsPlan(
  paths: Paths,
  op: string,
  fields: RowOptions,
  find: (path: string) => AsyncIterable<RecordOrError<Row>>,
  format: Record<string, unknown> = {},
): DatasetPlan<Row> | DatasetPlan<Document> {
  const { text, broken } = fields;
  async function* read(
    { path, name }: { path: string; name: string },
  ): AsyncGenerator<Entry<Row> | BrokenRecord> {
    let record = 0;
    for await (const found of find(path)) {
      record++;
      if (isBrokenRecord(found)) yield found;
      else {
        const { value, line } = found;
        yield { value, id: `${name}:${line ?? record}`, place: { file: name, line } };
      }
    }
  }
  return text === undefined
    ? readerPlan(paths, { op, options: { ...format, broken }, broken, read })
    : readerPlan(paths, {
      op,
      options: { ...fields, ...format },
      broken,
      kind: "documents",
      async *read(file) {
        for await (const entry of read(file)) {
          yield isBrokenRecord(entry) ? entry : documentOf(entry, { ...fields, text });
        }
      },
    });
}

function documentOf(
  entry: Entry<Row>,
  fields: RowOptions & { text: string },
): Entry<Document> | BrokenRecord {
  const { meta, ...rest } = entry.value;
  const others: Row = { ...(isObject(meta) ? meta : meta === undefined ? {} : { meta }), ...rest };
  let problem: string | undefined;
  const take = (field: string) => {
    const value = entry.value[field];
    delete others[field];
    if (typeof value === "string" || (typeof value === "number" && field !== fields.text)) {
      return String(value);
    }
    problem ??= `field ${field} must be a string, current value is ${show(value)}`;
    return "";
  };
  const text = take(fields.text);
  const id = fields.id === undefined ? entry.id : take(fields.id);
  const source = fields.source === undefined ? entry.place.file! : take(fields.source);
  if (problem !== undefined) return { problem, line: entry.place.line, text: show(entry.value) };
  const value = { text, source, id, ...(Object.keys(others).length ? { meta: others } : {}) };
  return { ...entry, value };
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
