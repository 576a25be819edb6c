/**
 * Reader of tar archives, also compressed ones, file by file in memory; nothing is written to the disk.
 *
 * @module
 */
import { Readable } from "node:stream";
import type { Header } from "tar-stream";
import { DataError } from "../../base/errors.ts";
import { lazily } from "../../base/lazy_import.ts";
import { concat } from "../bytes.ts";
import { readBytes } from "../compression/decompress.ts";
import type { BrokenRecord, RecordOrError } from "../record_or_error.ts";

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
 * Reads the regular files of the archive at `path`. A link, a device, a file of more than 256 MiB, and a path that leads
 * out of the archive's folder are broken records.
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
  const { default: tar } = await lazily(() => import("tar-stream"));
  const archive = tar.extract();
  const input = Readable.from(chunks, { objectMode: false });
  input.on("error", (error) => archive.destroy(error));
  input.pipe(archive);
  try {
    for await (const entry of archive) {
      const { name, type } = entry.header;
      const problem = problemOf(entry.header);
      if (problem === undefined && type !== "directory") {
        yield { value: { name, bytes: await gather(entry) } };
      } else {
        entry.resume();
        if (problem) yield problem;
      }
    }
  } finally {
    input.destroy();
    archive.destroy();
  }
}

/** Returns the reason why a member is not read. */
function problemOf({ name, type, size = 0, linkname }: Header): BrokenRecord | undefined {
  if (/^([\\/]|[a-z]:)|(^|[\\/])\.\.([\\/]|$)/i.test(name)) {
    return { problem: `a name that leaves its folder: ${name}` };
  }
  if (type === "symlink" || type === "link") {
    return { problem: `a link: ${name} to ${linkname}`, reason: "link" };
  }
  if (type === "directory") return undefined;
  if (type !== "file" && type !== "contiguous-file") return { problem: `no file but a ${type}: ${name}` };
  return size > maxFileBytes
    ? { problem: `a file of ${size} bytes, more than ${maxFileBytes}: ${name}` }
    : undefined;
}

async function gather(chunks: AsyncIterable<unknown>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk as Uint8Array);
  return concat(parts);
}
