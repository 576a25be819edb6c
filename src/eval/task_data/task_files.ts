/**
 * Reads the rows of benchmark files: JSON lines, JSON, CSV, TSV and Parquet, chosen by the file's extension.
 *
 * All formats but Parquet may be compressed (`.gz`, `.zst`).
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { Entry } from "../../data/document.ts";
import { findFiles } from "../../data/io/file_patterns.ts";
import { Pass } from "../../data/plan/pass.ts";
import { findCsv } from "../../formats/records/csv.ts";
import { isBrokenRecord, type RecordOrError } from "../../formats/record_or_error.ts";
import { findJsonl } from "../../formats/records/jsonl.ts";
import { readText } from "../../formats/records/lines.ts";
import { findParquet } from "../../formats/records/parquet.ts";

/** Reading options of a task's files. */
export interface RowFormat {
  /** Field names of a CSV file without a header line. */
  columns?: readonly string[];
}

type Read = (path: string, format: RowFormat) => AsyncIterable<RecordOrError<unknown>>;

const readers: Record<string, Read> = {
  jsonl: findJsonl,
  json: readJson,
  txt: readJson,
  csv: findCsv,
  tsv: findCsv,
  parquet: (path) => findParquet(path),
};

/**
 * Yields the rows of the files that match `patterns`, one file after another.
 *
 * @throws {DataError} when a file is missing, empty or damaged
 */
export async function* rowsOf(
  patterns: readonly string[],
  format: RowFormat,
  signal?: AbortSignal,
): AsyncGenerator<Entry<unknown>> {
  const pass = new Pass({ signal });
  let total = 0;
  for (const { path } of findFiles(patterns)) {
    const extension = /\.([^./\\]+?)(\.(gz|zst))?$/.exec(path)?.[1].toLowerCase() ?? "";
    const read = Object.hasOwn(readers, extension) ? readers[extension] : readers.jsonl;
    let rowsOfFile = 0;
    for await (const record of read(path, format)) {
      await pass.yieldToEventLoop();
      const { line } = record;
      if (isBrokenRecord(record)) {
        throw new DataError(`Cannot read the record: it is ${record.problem}`, { file: path, line });
      }
      rowsOfFile++;
      total++;
      yield { value: record.value, id: `${path}:${line ?? rowsOfFile}`, place: { file: path, line } };
    }
  }
  if (total > 0) return;
  throw new DataError(
    `Cannot read ${patterns.join(" ")}: there is nothing in it, check that the path is right`,
  );
}

/** Yields the rows of a JSON file: one object, an array of objects, or (TriviaQA) an array in the field `Data`. */
async function* readJson(path: string): AsyncGenerator<RecordOrError<unknown>> {
  const text = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`Cannot read the file as JSON: ${(cause as Error).message}`, { file: path, cause });
  }
  const rows = (value as { Data?: unknown } | null)?.Data ?? value;
  for (const row of [rows].flat()) {
    if (typeof row !== "object" || row === null) {
      throw new DataError(`Each item must be a JSON object, current value is ${show(row)}`, { file: path });
    }
    yield { value: row };
  }
}
