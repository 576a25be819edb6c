/**
 * Rows of a file in the formats that benchmarks are published in, told apart by its name: JSON lines, JSON, CSV, TSV,
 * Parquet, the first four also packed.
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

/** How a task's files are read. */
export interface RowFormat {
  /** The fields of a CSV file that has no head. */
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
 * The rows of the files that `patterns` name, one file after another.
 *
 * @throws {DataError} when a file is missing, empty or damaged
 */
export async function* rowsOf(
  patterns: readonly string[],
  format: RowFormat,
  signal?: AbortSignal,
): AsyncGenerator<Entry<unknown>> {
  const reading = new Pass({ signal });
  let n = 0;
  for (const { path } of findFiles(patterns)) {
    const extension = /\.([^./\\]+?)(\.(gz|zst))?$/.exec(path)?.[1].toLowerCase() ?? "";
    const read = Object.hasOwn(readers, extension) ? readers[extension] : readers.jsonl;
    let inFile = 0;
    for await (const found of read(path, format)) {
      await reading.yieldToEventLoop();
      const { line } = found;
      if (isBrokenRecord(found)) {
        throw new DataError(`Cannot read the record: it is ${found.problem}`, { file: path, line });
      }
      inFile++;
      n++;
      yield { value: found.value, id: `${path}:${line ?? inFile}`, place: { file: path, line } };
    }
  }
  if (n > 0) return;
  throw new DataError(
    `Cannot read ${patterns.join(" ")}: there is nothing in it, check that the path is right`,
  );
}

/** One object, an array of them, or (TriviaQA) an array in the field `Data`. */
async function* readJson(path: string): AsyncGenerator<RecordOrError<unknown>> {
  const text = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`Cannot read the file as JSON: ${(cause as Error).message}`, { file: path, cause });
  }
  const inside = (value as { Data?: unknown } | null)?.Data ?? value;
  for (const row of [inside].flat()) {
    if (typeof row !== "object" || row === null) {
      throw new DataError(`Each item must be a JSON object, current value is ${show(row)}`, { file: path });
    }
    yield { value: row };
  }
}
