/**
 * An open file that is read at any place, for formats with a table of contents. Several reads may be asked for at once.
 *
 * @module
 */
import { FormatError } from "../base/errors.ts";

/** Most bytes asked of the file system at once. */
const CHUNK = 4 << 20;

/** A file, open for reading. */
export class OpenFile {
  readonly #file: Deno.FsFile;
  /** The file has one position, so reads wait for each other. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    /** Where it lies. */
    readonly path: string,
    /** Its bytes, when it was opened. */
    readonly size: number,
    file: Deno.FsFile,
  ) {
    this.#file = file;
  }

  /**
   * Opens the file at `path`.
   *
   * @param expected what it should be, such as `a safetensors file`
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

  /** Fills `bytes` from `offset` on; what is returned is shorter where the file ends before. */
  read<T extends ArrayBuffer>(
    offset: number,
    bytes: Uint8Array<T>,
    signal?: AbortSignal,
  ): Promise<Uint8Array<T>> {
    const result = this.#turn.then(async () => {
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
    this.#turn = result.catch(() => {});
    return result;
  }

  /**
   * Fills `bytes` from `offset` on.
   *
   * @param expected what stands there
   * @throws {FormatError} where the file ends before
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

  /** Closes the file; reads that are under way fail. */
  close(): void {
    this.#file.close();
  }

  /** Closes the file at the end of its block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** The error of a file that ends at `offset`, before what was expected. */
export function truncated(file: string, offset: number, expected: string): FormatError {
  return new FormatError(
    `Cannot read on: expected ${expected}, but the file ends here (an interrupted download or copy?)`,
    { file, offset, expected },
  );
}
