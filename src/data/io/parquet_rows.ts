/**
 * Writer of documents and conversations to a Parquet file, one row group at a time.
 *
 * Columns of documents are `text`, `source` and `id` (texts) and `meta` (JSON); of conversations `messages` (JSON) and
 * `source`. All files of a dataset have the same columns.
 *
 * @module
 */
import { zstdCompressSync } from "node:zlib";
import type { SchemaElement } from "hyparquet";
import type { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { DataError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { lazily } from "../../base/lazy_import.ts";
import type { Write } from "../../formats/atomic_file.ts";
import { checkWritable, type RecordWriter } from "./jsonl_lines.ts";

/** UTF-16 units of text, and rows, of a row group; it is held in memory. [ours] */
const groupUnits = 1 << 24;
const groupRows = 1 << 16;

/** Column of a file. */
interface Column {
  /** Name of the field. */
  name: string;
  /** True for a value that is written as JSON, or may be missing. */
  isJson: boolean;
}

const columnsOf = {
  documents: ["text", "source", "id", "meta"],
  conversations: ["messages", "source"],
} as const;

/** A buffer of rows, which go to the file by row groups. */
export class ParquetRows implements RecordWriter {
  readonly #write: Write;
  readonly #bytes: ByteWriter;
  readonly #newWriter: (schema: SchemaElement[]) => ParquetWriter;
  #writer?: ParquetWriter;
  #columns: Column[] = [];
  #rows: Record<string, unknown>[] = [];
  #units = 0;

  private constructor(
    write: Write,
    bytes: ByteWriter,
    newWriter: (schema: SchemaElement[]) => ParquetWriter,
  ) {
    this.#write = write;
    this.#bytes = bytes;
    this.#newWriter = newWriter;
  }

  /** Loads the library; nothing is written yet. */
  static async open(write: Write): Promise<ParquetRows> {
    const { ByteWriter, ParquetWriter } = await lazily(() => import("hyparquet-writer"));
    const bytes = new ByteWriter();
    return new ParquetRows(write, bytes, (schema) =>
      new ParquetWriter({
        writer: bytes,
        schema,
        codec: "ZSTD",
        compressors: { ZSTD: zstdCompressSync },
        statistics: false,
        createdBy: "llamero",
      }));
  }

  /**
   * Appends a record.
   *
   * @throws {DataError} for a record that is no document or conversation, or has fields beyond those
   */
  async add(value: unknown): Promise<void> {
    this.#begin(value);
    checkWritable(value);
    this.#rows.push(checkedRow(value, this.#columns));
    for (const column of this.#columns) {
      const own = this.#rows[this.#rows.length - 1][column.name];
      this.#units += typeof own === "string" ? own.length : 0;
    }
    if (this.#units >= groupUnits || this.#rows.length >= groupRows) await this.#writeGroup();
  }

  /** Writes the last row group and the end of the file. */
  async finish(): Promise<void> {
    if (!this.#writer) this.#begin({ text: "" });
    await this.#writeGroup();
    this.#writer!.finish();
    await this.#flush();
  }

  /** Chooses the columns by the first record. */
  #begin(first: unknown): void {
    if (this.#writer) return;
    const { messages } = (first ?? {}) as { messages?: unknown };
    const names = columnsOf[Array.isArray(messages) ? "conversations" : "documents"];
    this.#columns = names.map((name) => ({ name, isJson: name === "meta" || name === "messages" }));
    this.#writer = this.#newWriter([
      { name: "root", num_children: names.length },
      ...this.#columns.map(({ name, isJson }): SchemaElement => ({
        name,
        type: "BYTE_ARRAY",
        converted_type: isJson ? "JSON" : "UTF8",
        repetition_type: name === "meta" ? "OPTIONAL" : "REQUIRED",
      })),
    ]);
  }

  async #writeGroup(): Promise<void> {
    const rows = this.#rows;
    if (rows.length) {
      const columnData = this.#columns.map(({ name }) => ({ name, data: rows.map((row) => row[name]) }));
      await this.#writer!.write({ columnData, rowGroupSize: rows.length });
    }
    this.#rows = [];
    this.#units = 0;
    await this.#flush();
  }

  /** Hands the bytes so far to the file. */
  async #flush(): Promise<void> {
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    if (bytes.length) await this.#write(bytes);
  }
}

/** Returns the row of a record, whose values fit the columns. */
function checkedRow(value: unknown, columns: readonly Column[]): Record<string, unknown> {
  const record = (value ?? {}) as Record<string, unknown>;
  const names = columns.map(({ name }) => name);
  const other = Object.keys(record).find((name) => record[name] !== undefined && !names.includes(name));
  if (other !== undefined) {
    throw new DataError(
      `Cannot write a record to Parquet: its field ${other} has no column, which are ${
        names.join(", ")
      }; move it ` +
        `into meta with map, or write JSON Lines`,
    );
  }
  for (const { name, isJson } of columns) {
    if (isJson || typeof record[name] === "string") continue;
    throw new DataError(
      `Cannot write a record to Parquet: its field ${name} must be a string, current value is ${
        show(record[name])
      }; ` +
        `write JSON Lines, or make documents with map`,
    );
  }
  return record;
}
