/**
 * Reader of tar archives, also compressed ones, file by file in memory; nothing is written to the disk.
 *
 * @module
 */
import { Readable } from "node:stream";
import { DataError } from "../../base/errors.ts";
import { concat } from "../bytes.ts";
import { readBytes } from "../compression/decompress.ts";
import type { RecordOrError } from "../record_or_error.ts";

/** A file in an archive. */
export interface TarFile {
  /** Its path in the archive. */
  name: string;
  /** Its contents. */
  bytes: Uint8Array;
}

/** Bytes of the largest file that is read; a larger one is a broken record. [ours] */
const maxFileBytes = 1 << 28;

/**
 * Reads the regular files of the archive at `path`. A file of more than 256 MiB, or with a path that leads out of the
 * archive's folder, is a broken record.
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

/** Reads the regular files of an archive in memory, as {@linkcode findTar} does. */
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
        : size > maxFileBytes
        ? `a file of ${size} bytes, more than ${maxFileBytes}: ${name}`
        : /^([\\/]|[a-z]:)|(^|[\\/])\.\.([\\/]|$)/i.test(name)
        ? `a name that leaves its folder: ${name}`
        : "";
      if (problem === "") yield { value: { name, bytes: await gather(entry) } };
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

async function gather(chunks: AsyncIterable<unknown>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk as Uint8Array);
  return concat(parts);
}
