/**
 * Reader of Parquet files, one row group at a time, so that memory holds one group.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import type { RecordOrError } from "../record_or_error.ts";
import type { Row } from "./jsonl.ts";

/** Rows decoded per call within a row group. */
const rowsPerRead = 4096;

/**
 * Reads the rows of `path`, all columns or those in `columns`. 64-bit integers become numbers where that is exact, else
 * strings.
 *
 * @throws {DataError} when the file cannot be read, is not Parquet, or is damaged
 */
export async function* findParquet(
  path: string,
  columns?: readonly string[],
): AsyncGenerator<RecordOrError<Row>> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  using file = await open(path);
  const buffer = {
    byteLength: file.statSync().size,
    slice: (from: number, to?: number) => slice(file, from, to),
  };
  try {
    const metadata = await parquetMetadataAsync(buffer);
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows);
      for (let rowStart = start; rowStart < end; rowStart += rowsPerRead) {
        const rowEnd = Math.min(end, rowStart + rowsPerRead);
        const options = {
          file: buffer,
          metadata,
          compressors,
          rowStart,
          rowEnd,
          columns: columns && [...columns],
        };
        for (const row of await parquetReadObjects(options)) yield { value: withoutBigInts(row) as Row };
      }
      start = end;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Cannot read the file as Parquet: ${why}`, { file: path, cause });
  }
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    throw new DataError(`Cannot read the file: ${(cause as Error).message}`, { file: path, cause });
  }
}

async function slice(file: Deno.FsFile, from: number, to?: number): Promise<ArrayBuffer> {
  const size = file.statSync().size;
  const start = from < 0 ? size + from : from;
  const end = to === undefined ? size : to < 0 ? size + to : to;
  const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
  await file.seek(start, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    const count = await file.read(bytes.subarray(done));
    if (count === null) break;
    done += count;
  }
  return bytes.buffer;
}

/** Replaces every bigint, at any depth, by a number, or by a string where a number is not exact. */
function withoutBigInts(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(withoutBigInts);
  if (value === null || typeof value !== "object" || value instanceof Date || ArrayBuffer.isView(value)) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigInts(item)]));
}
