/**
 * Reads the rows of benchmark files: JSON lines, JSON, CSV, TSV and Parquet, chosen by the file's extension.
 *
 * All formats but Parquet may be compressed (`.gz`, `.zst`, `.bz2`, `.xz`). A `.json` file may hold JSON lines.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { findFiles } from "../../data/io/file_patterns.ts";
import { Pass } from "../../data/plan/pass.ts";
import { findCsv } from "../../formats/records/csv.ts";
import { isBrokenRecord, type RecordOrError } from "../../formats/record_or_error.ts";
import { findJsonl } from "../../formats/records/jsonl.ts";
import { readText } from "../../formats/records/lines.ts";
import { findParquet } from "../../formats/records/parquet.ts";
import type { RowEntry } from "./task_row.ts";

/** Reading options of a task's files. */
export interface RowFormat {
  /** Field names of a CSV file without a header line. */
  columns?: readonly string[];
}

type Read = (path: string, format: RowFormat) => AsyncIterable<RecordOrError<unknown>>;

const readers: Record<string, Read> = {
  jsonl: (path) => findJsonl(path),
  ndjson: (path) => findJsonl(path),
  json: readJson,
  txt: readJson,
  csv: findCsv,
  tsv: findCsv,
  parquet: (path) => findParquet(path),
};

/**
 * Yields the rows of the files that match `patterns`, one file after another. A record that cannot be read is yielded
 * with its problem.
 *
 * @throws {DataError} when a file is missing, or all of them are empty
 */
export async function* rowsOf(
  patterns: readonly string[],
  format: RowFormat,
  signal?: AbortSignal,
): AsyncGenerator<RowEntry> {
  const pass = new Pass({ signal });
  let total = 0;
  for (const { path } of findFiles(patterns)) {
    const extension = /\.([^./\\]+?)(\.(gz|zst|bz2|xz))?$/.exec(path)?.[1].toLowerCase() ?? "";
    const read = Object.hasOwn(readers, extension) ? readers[extension] : readers.jsonl;
    let rowsOfFile = 0;
    for await (const record of read(path, format)) {
      await pass.yieldToEventLoop();
      const { line } = record;
      rowsOfFile++;
      total++;
      const entry = { id: `${path}:${line ?? rowsOfFile}`, place: { file: path, line } };
      yield isBrokenRecord(record)
        ? { ...entry, value: undefined, problem: record.problem }
        : { ...entry, value: record.value };
    }
  }
  if (total > 0) return;
  throw new DataError(
    `Cannot read ${patterns.join(" ")}: there is nothing in it, check that the path is right`,
  );
}

/**
 * Yields the rows of a JSON file: one object, an array of objects, (TriviaQA) an array in the field `Data`, or JSON lines.
 */
async function* readJson(path: string): AsyncGenerator<RecordOrError<unknown>> {
  let text = "";
  let value: unknown;
  try {
    text = await readText(path);
    if (text.trim() === "") return;
    value = JSON.parse(text);
  } catch (cause) {
    if (isJson(text.trimStart().split("\n", 1)[0])) return yield* findJsonl(path);
    return yield { problem: `not JSON: ${(cause as Error).message}` };
  }
  const rows = (value as { Data?: unknown } | null)?.Data ?? value;
  for (const row of [rows].flat()) {
    yield typeof row === "object" && row !== null
      ? { value: row }
      : { problem: `not a JSON object but ${show(row)}` };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
