/**
 * Rows of Parquet files, the form in which the Hugging Face hub keeps data sets; one row group at a time.
 *
 * @module
 */
import { DataError } from "../base/errors.ts";

/**
 * The rows of `path`.
 *
 * @throws {DataError} when the file is missing or no Parquet
 */
export async function* parquetRows(path: string): AsyncGenerator<Record<string, unknown>> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const bytes = await Deno.readFile(path), file = bytes.buffer;
  try {
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      yield* await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
      rowStart = rowEnd;
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`Cannot read the file as Parquet: ${why}`, { file: path, cause });
  }
}
