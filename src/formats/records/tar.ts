/**
 * Tar archives (also packed ones), file by file; nothing is ever written to the disk.
 *
 * @module
 */
import { Readable } from "node:stream";
import { DataError } from "../../base/errors.ts";
import { concat } from "../bytes.ts";
import { readBytes } from "../compression/decompress.ts";
import type { RecordOrError } from "../record_or_error.ts";

/** A file of an archive. */
export interface TarFile {
  /** Its name in the archive. */
  name: string;
  /** Its bytes. */
  bytes: Uint8Array;
}

/** Bytes of the largest file that is read; a larger one is a problem. [ours] */
const largest = 1 << 28;

/**
 * The regular files of the archive at `path`. A name that would leave the archive's folder, and a file of more than
 * 256 MiB, are problems.
 *
 * @throws {DataError} when the archive cannot be read or is damaged
 */
export async function* findTar(path: string): AsyncGenerator<RecordOrError<TarFile>> {
  try {
    yield* filesOf(readBytes(path));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`Cannot read the archive: ${(cause as Error).message}`, { file: path, cause });
  }
}

/** The same of an archive in memory. */
export function findTarIn(bytes: Uint8Array): AsyncGenerator<RecordOrError<TarFile>> {
  return filesOf((async function* () {
    yield await Promise.resolve(bytes);
  })());
}

async function* filesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RecordOrError<TarFile>> {
  const { default: tar } = await import("tar-stream");
  const archive = tar.extract();
  const input = Readable.from(chunks, { objectMode: false });
  input.on("error", (error) => archive.destroy(error));
  input.pipe(archive);
  try {
    for await (const entry of archive) {
      const { name, type, size = 0 } = entry.header;
      const problem = type !== "file" && type !== "contiguous-file"
        ? undefined
        : size > largest
        ? `a file of ${size} bytes, more than ${largest}: ${name}`
        : /^([\\/]|[a-z]:)|(^|[\\/])\.\.([\\/]|$)/i.test(name)
        ? `a name that leaves its folder: ${name}`
        : "";
      if (problem === "") yield { value: { name, bytes: await gathered(entry) } };
      else {
        entry.resume();
        if (problem) yield { problem };
      }
    }
  } finally {
    input.destroy();
    archive.destroy();
  }
}

async function gathered(chunks: AsyncIterable<unknown>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk as Uint8Array);
  return concat(parts);
}
