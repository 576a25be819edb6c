/**
 * Random access to an open file, for formats with a table of contents. Concurrent reads are queued.
 *
 * @module
 */
import { isAbsolute, relative } from "node:path";
import { FormatError } from "../base/errors.ts";

/** The most bytes per system call. */
const CHUNK = 4 << 20;

/** A file, open for reading. */
export class OpenFile {
  readonly #file: Deno.FsFile;
  /** The last queued read. The file has one position, so reads wait for each other. */
  #lastRead: Promise<unknown> = Promise.resolve();

  private constructor(
    /** Path of the file. */
    readonly path: string,
    /** Size in bytes when the file was opened. */
    readonly size: number,
    file: Deno.FsFile,
  ) {
    this.#file = file;
  }

  /**
   * Opens the file at `path`.
   *
   * @param expected the kind of file, for the error, such as `a safetensors file`
   * @throws {FormatError} if there is no such file
   */
  static async open(path: string, expected: string): Promise<OpenFile> {
    const fail = (why: string, cause?: unknown) =>
      new FormatError(`Cannot open: ${why}`, { file: path, expected, cause });
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true });
    } catch (cause) {
      throw cause instanceof Deno.errors.NotFound ? fail("there is no such file", cause) : cause;
    }
    const { size, isFile } = await file.stat();
    if (isFile) return new OpenFile(path, size, file);
    file.close();
    throw fail("this is not a file");
  }

  /** Reads into `bytes` from byte `offset` of the file; returns the filled part, shorter where the file ends. */
  read<T extends ArrayBuffer>(
    offset: number,
    bytes: Uint8Array<T>,
    signal?: AbortSignal,
  ): Promise<Uint8Array<T>> {
    const result = this.#lastRead.then(async () => {
      await this.#file.seek(offset, Deno.SeekMode.Start);
      let done = 0;
      while (done < bytes.length) {
        signal?.throwIfAborted();
        const n = await this.#file.read(bytes.subarray(done, done + CHUNK));
        if (n === null) break;
        done += n;
      }
      return bytes.subarray(0, done);
    });
    this.#lastRead = result.catch(() => {});
    return result;
  }

  /**
   * Fills all of `bytes` from byte `offset` of the file.
   *
   * @param expected the content at `offset`, for the error
   * @throws {FormatError} when the file ends too early
   */
  async readAll<T extends ArrayBuffer>(
    offset: number,
    bytes: Uint8Array<T>,
    expected: string,
    signal?: AbortSignal,
  ): Promise<Uint8Array<T>> {
    const read = await this.read(offset, bytes, signal);
    if (read.length < bytes.length) throw truncated(this.path, offset + read.length, expected);
    return read;
  }

  /** Closes the file; unfinished reads fail. */
  close(): void {
    this.#file.close();
  }

  /** Closes the file at the end of its block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Returns the error for a file that ends at byte `offset`, where `expected` should stand. */
export function truncated(file: string, offset: number, expected: string): FormatError {
  return new FormatError(
    `Cannot read on: expected ${expected}, but the file ends here (an interrupted download or copy?)`,
    { file, offset, expected },
  );
}

/**
 * Returns true for a file that is a link out of `folder`. The hub's own cache links each file of a snapshot to a blob of the
 * same repository, which counts as inside.
 */
export async function linksOut(folder: string, file: string): Promise<boolean> {
  const [target, root] = await Promise.all([Deno.realPath(file), Deno.realPath(folder)]);
  const isBelow = (path: string) => {
    const way = relative(path, target);
    return !/^\.\.|^$/.test(way) && !isAbsolute(way);
  };
  return !isBelow(root) && !isBelow(await Deno.realPath(`${folder}/../../blobs`).catch(() => root));
}
