/**
 * Safetensors: named arrays in one file, the format that Hugging Face models are published in. Reading.
 *
 * The header is checked whole before a tensor is read (see `safetensors_header.ts`); the file is not trusted.
 *
 * @module
 */
import { FormatError } from "../base/errors.ts";
import { show } from "../base/schema.ts";
import { allocate, type TensorArray } from "./dtype.ts";
import {
  headerLength,
  parseHeader,
  type SafetensorsHeader,
  type TensorInfo,
  truncated,
} from "./safetensors_header.ts";

/** A tensor in memory. */
export interface Tensor extends TensorInfo {
  /** Its elements, row-major; F16 and BF16 are widened to Float32Array. */
  readonly data: TensorArray;
}

/** All of a safetensors file in memory. */
export interface Safetensors {
  /** The tensors by name, in the order of their bytes. */
  tensors: Map<string, Tensor>;
  /** Free text by name. */
  metadata: Readonly<Record<string, string>>;
}

/** Most bytes asked of the file system at once. */
const CHUNK = 4 << 20;

/**
 * The names, types and shapes in a file, without its data.
 *
 * @throws {FormatError} if there is no such file, or its header or length is not what the format says
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  using file = await openSafetensors(path);
  return { tensors: file.tensors, metadata: file.metadata };
}

/**
 * A whole file.
 *
 * @throws {FormatError} as {@linkcode readSafetensorsHeader}; the signal's reason after an abort
 */
export async function readSafetensors(
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<Safetensors> {
  using file = await openSafetensors(path);
  const tensors = new Map<string, Tensor>();
  for (const [name, info] of file.tensors) {
    tensors.set(name, { ...info, data: await file.read(name, options) });
  }
  return { tensors, metadata: file.metadata };
}

/**
 * The bytes of a file that are in memory already; the tensors are copies. `name` stands for it in errors.
 *
 * @throws {FormatError} as {@linkcode readSafetensorsHeader}
 */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const length = headerLength(name, bytes.subarray(0, 8), bytes.length);
  const header = parseHeader(name, bytes.subarray(8, 8 + length), bytes.length);
  const tensors = new Map<string, Tensor>();
  for (const info of header.tensors.values()) {
    const target = allocate(info.dtype, elements(info));
    target.bytes.set(bytes.subarray(info.offset, info.offset + info.byteLength));
    tensors.set(info.name, { ...info, data: target.finish() });
  }
  return { tensors, metadata: header.metadata };
}

/**
 * Opens a file to read its tensors one at a time; close it, or open it with `using`.
 *
 * ```ts
 * using file = await openSafetensors("model.safetensors");
 * for (const { name, shape } of file.tensors.values()) console.log(name, shape, await file.read(name));
 * ```
 *
 * @throws {FormatError} as {@linkcode readSafetensorsHeader}
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path);
  try {
    const { size, isFile } = await file.stat();
    if (!isFile) throw noFile(path, "this is not a file");
    const first = await readAt(file, 0, new Uint8Array(8));
    const bytes = new Uint8Array(headerLength(path, first, size));
    if ((await readAt(file, 8, bytes)).length < bytes.length) throw truncated(path, size, "the whole header");
    return new SafetensorsFile(path, file, parseHeader(path, bytes, size));
  } catch (error) {
    file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true });
  } catch (cause) {
    throw cause instanceof Deno.errors.NotFound ? noFile(path, "there is no such file", cause) : cause;
  }
}

function noFile(file: string, why: string, cause?: unknown): FormatError {
  return new FormatError(`Cannot open: ${why}`, { file, expected: "a safetensors file", cause });
}

/** Fills `bytes` from `offset` on; what is returned is shorter where the file ends before. */
async function readAt<T extends ArrayBuffer>(
  file: Deno.FsFile,
  offset: number,
  bytes: Uint8Array<T>,
  signal?: AbortSignal,
): Promise<Uint8Array<T>> {
  await file.seek(offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < bytes.length) {
    signal?.throwIfAborted();
    const n = await file.read(bytes.subarray(done, done + CHUNK));
    if (n === null) break;
    done += n;
  }
  return bytes.subarray(0, done);
}

function elements(info: TensorInfo): number {
  return info.shape.reduce((n, length) => n * length, 1);
}

/** An open file whose header has been checked. */
export class SafetensorsFile implements SafetensorsHeader {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** The file has one position, so reads wait for each other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Made by {@linkcode openSafetensors}. */
  constructor(path: string, file: Deno.FsFile, header: SafetensorsHeader) {
    this.#path = path;
    this.#file = file;
    this.tensors = header.tensors;
    this.metadata = header.metadata;
  }

  /** The names, in the order of their bytes. */
  get names(): string[] {
    return [...this.tensors.keys()];
  }

  /**
   * The elements of one tensor, row-major; F16 and BF16 are widened to Float32Array. Several may be asked for at once.
   *
   * @throws {FormatError} if there is no such tensor or the file has become shorter; the signal's reason after an abort
   */
  read(name: string, options: { signal?: AbortSignal } = {}): Promise<TensorArray> {
    const result = this.#turn.then(() => this.#read(name, options.signal));
    this.#turn = result.catch(() => {});
    return result;
  }

  async #read(name: string, signal?: AbortSignal): Promise<TensorArray> {
    const info = this.tensors.get(name), file = this.#path;
    if (!info) {
      throw new FormatError(`Cannot read ${show(name)}: there is no such tensor`, { file, expected: name });
    }
    const target = allocate(info.dtype, elements(info));
    const read = await readAt(this.#file, info.offset, target.bytes, signal);
    if (read.length < info.byteLength) {
      throw truncated(file, info.offset + read.length, `${info.byteLength} bytes of ${show(name)}`);
    }
    return target.finish();
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
