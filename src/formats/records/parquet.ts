/**
 * Reader of Parquet files, one row group at a time, so that memory holds one group.
 *
 * Values are those of JSON where JSON has them, and exact: a 64-bit integer that a number does not hold and a decimal of
 * more than 15 digits are strings of digits; binary columns are `Uint8Array`; times are `Date`, or an ISO string where
 * they have digits below a millisecond.
 *
 * @module
 */
import type { Compressors, FileMetaData, SchemaElement } from "hyparquet";
import { DataError } from "../../base/errors.ts";
import { lazily } from "../../base/lazy_import.ts";
import type { RecordOrError } from "../record_or_error.ts";
import { parseJson } from "./json_values.ts";
import type { Row } from "./jsonl.ts";

/** Rows decoded per call within a row group. */
const rowsPerRead = 4096;

/** Digits of the longest decimal that a number holds exactly. */
const exactDigits = 15;

/** The largest unpacked page, and the largest ratio to the packed one beyond `uncheckedBytes`. [ours] */
const maxPageBytes = 1 << 30;
const maxRatio = 500;
const uncheckedBytes = 1 << 24;

/** Row groups of a file: those from `from` on and before `to`. */
export interface GroupRange {
  /** First row group, counted from 0. */
  from: number;
  /** First one behind the range. */
  to: number;
}

/**
 * Cuts a file into ranges of row groups with about `bytes` bytes, at least one group each; returns none for a file with
 * less, and for one that cannot be read, which its reading reports.
 */
export async function parquetRanges(path: string, bytes: number): Promise<GroupRange[]> {
  if ((await Deno.stat(path)).size <= bytes) return [];
  const groups = await sizesOfGroups(path);
  const ranges: GroupRange[] = [];
  let from = 0;
  let sum = 0;
  groups.forEach((size, i) => {
    if (i > from && sum + size > bytes) {
      ranges.push({ from, to: i });
      from = i;
      sum = 0;
    }
    sum += size;
  });
  return ranges.length ? [...ranges, { from, to: groups.length }] : [];
}

/** Returns the bytes of each row group. */
async function sizesOfGroups(path: string): Promise<number[]> {
  const { parquetMetadataAsync } = await lazily(() => import("hyparquet"));
  using file = await open(path);
  try {
    const { row_groups } = await parquetMetadataAsync(bufferOf(file));
    return row_groups.map(({ columns }) =>
      columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0)
    );
  } catch {
    return [];
  }
}

/**
 * Reads the rows of `path`, all columns or those in `columns`, of all row groups or those in `groups`, whose rows have their
 * numbers in the file, from 1, as lines. The rest of a damaged row group is one broken record.
 *
 * @throws {DataError} when the file cannot be read, is not Parquet, or holds nested decimals of more than 15 digits
 */
export async function* findParquet(
  path: string,
  columns?: readonly string[],
  groups?: GroupRange,
): AsyncGenerator<RecordOrError<Row>> {
  const { parquetMetadataAsync, parquetReadObjects } = await lazily(() => import("hyparquet"));
  const { compressors } = await lazily(() => import("hyparquet-compressors"));
  using file = await open(path);
  const buffer = bufferOf(file);
  let metadata: FileMetaData;
  let decimals: Map<string, number>;
  try {
    metadata = await parquetMetadataAsync(buffer);
    decimals = prepareSchema(metadata.schema);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Cannot read the file as Parquet: ${why}`, { file: path, cause });
  }
  const options = {
    file: buffer,
    metadata,
    compressors: checkedCompressors(compressors),
    parsers,
    utf8: false,
    columns: columns && [...columns],
  };
  let start = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const end = start + Number(group.num_rows);
    if (groups && (index < groups.from || index >= groups.to)) {
      start = end;
      continue;
    }
    for (let rowStart = start; rowStart < end; rowStart += rowsPerRead) {
      const rowEnd = Math.min(end, rowStart + rowsPerRead);
      let rows: Row[];
      try {
        rows = await parquetReadObjects({ ...options, rowStart, rowEnd });
        if (rows.length < rowEnd - rowStart) {
          throw new Error(`${rows.length} of ${rowEnd - rowStart} rows are there`);
        }
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        yield { problem: `rows ${rowStart + 1} to ${end} of row group ${index + 1} cannot be read: ${why}` };
        break;
      }
      for (const [i, row] of rows.entries()) {
        for (const [name, scale] of decimals) {
          if (row[name] != null) row[name] = decimalText(row[name], scale);
        }
        yield { value: plain(row) as Row, ...(groups && { line: rowStart + i + 1 }) };
      }
    }
    start = end;
  }
}

/**
 * Marks enumerations as text, and long decimals as the integers that they are made of; returns the scales of these by
 * column.
 */
function prepareSchema(schema: SchemaElement[]): Map<string, number> {
  const decimals = new Map<string, number>();
  const root = schema[0]?.num_children ?? 0;
  let nested = 0;
  const names = new Set<string>();
  for (const element of schema.slice(1)) {
    const isTop = nested === 0;
    if (!isTop) nested--;
    else if (names.size === names.add(element.name).size) throw new Error(`it names "${element.name}" twice`);
    nested += element.num_children ?? 0;
    const logical = element.logical_type;
    if (element.converted_type === "ENUM" || logical?.type === "ENUM") element.converted_type = "UTF8";
    if (element.converted_type !== "DECIMAL" && logical?.type !== "DECIMAL") continue;
    const { precision = 0, scale = 0 } = logical?.type === "DECIMAL" ? logical : element;
    if (precision <= exactDigits) {
      Object.assign(element, { converted_type: "DECIMAL", scale });
      continue;
    }
    if (!isTop || element.repetition_type === "REPEATED") {
      throw new Error(
        `${element.name} is a nested decimal of ${precision} digits; write it as text or as a double`,
      );
    }
    decimals.set(element.name, scale);
    Object.assign(element, { converted_type: undefined, logical_type: undefined });
  }
  if (names.size > root && root > 0) throw new Error("its schema names more columns than it has");
  return decimals;
}

/** Returns a decimal from its unscaled integer, as digits with `scale` of them behind the point. */
function decimalText(value: unknown, scale: number): string {
  const unscaled = value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number | bigint);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return `${unscaled < 0n ? "-" : ""}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ""}`;
}

function bigEndian(bytes: Uint8Array): bigint {
  const unsigned = bytes.length ? BigInt(`0x${bytes.toHex()}`) : 0n;
  return BigInt.asIntN(8 * bytes.length, unsigned);
}

/** Makes decompressors that refuse a page of absurd size before they unpack it. */
function checkedCompressors(compressors: Compressors): Compressors {
  return Object.fromEntries(
    Object.entries(compressors).map(([name, unpack]) => [name, (input: Uint8Array, length: number) => {
      if (length > maxPageBytes || (length > uncheckedBytes && length > maxRatio * input.length)) {
        throw new Error(`a page unpacks to ${length} bytes, more than ${maxRatio} times its size`);
      }
      return unpack(input, length);
    }]),
  );
}

const millisecondsPerDay = 86_400_000;
const text = new TextDecoder("utf-8", { fatal: true });

/** The values of times and texts. */
const parsers = {
  timestampFromMilliseconds: (value: bigint) => new Date(Number(value)),
  timestampFromMicroseconds: (value: bigint) => timeOf(value, 1000n, 3),
  timestampFromNanoseconds: (value: bigint) => timeOf(value, 1_000_000n, 6),
  dateFromDays: (days: number) => new Date(days * millisecondsPerDay),
  stringFromBytes: textOf,
  jsonFromBytes: (bytes: Uint8Array) => bytes && parseJson(text.decode(bytes)),
};

/** Returns a text; bytes that are not UTF-8 stay bytes. */
function textOf(bytes: Uint8Array): string | Uint8Array {
  try {
    return bytes && text.decode(bytes);
  } catch {
    return bytes.slice();
  }
}

/** Returns a time as a `Date`, or as an ISO string where it has digits below a millisecond. */
function timeOf(value: bigint, perMillisecond: bigint, digits: number): Date | string {
  const below = ((value % perMillisecond) + perMillisecond) % perMillisecond;
  const date = new Date(Number((value - below) / perMillisecond));
  return below === 0n ? date : date.toISOString().replace("Z", `${String(below).padStart(digits, "0")}Z`);
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    throw new DataError(`Cannot read the file: ${(cause as Error).message}`, { file: path, cause });
  }
}

/** Returns a file as the Parquet library reads it. */
function bufferOf(
  file: Deno.FsFile,
): { byteLength: number; slice: (from: number, to?: number) => ArrayBuffer } {
  return {
    byteLength: file.statSync().size,
    slice: (from, to) => slice(file, from, to),
  };
}

/** Reads a part of a file in one go: columns are read side by side, and each read moves the place in the file. */
function slice(file: Deno.FsFile, from: number, to?: number): ArrayBuffer {
  const size = file.statSync().size;
  const start = from < 0 ? size + from : from;
  const end = to === undefined ? size : to < 0 ? size + to : to;
  const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
  file.seekSync(start, Deno.SeekMode.Start);
  for (let done = 0; done < bytes.length;) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) break;
    done += count;
  }
  return bytes.buffer;
}

/**
 * Replaces every bigint, at any depth, by a number, or by a string of digits where a number is not exact; and a missing
 * value by null.
 */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || value instanceof Date || ArrayBuffer.isView(value)) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
