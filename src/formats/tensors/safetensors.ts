/**
 * Reader of safetensors files: named arrays in one file, the format of models on the Hugging Face hub.
 *
 * The file is not trusted: the whole header is checked before a tensor is read (see `safetensors_header.ts`).
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { allocate, DTYPE_BYTES, type TensorArray } from "./dtype.ts";
import { columnsOf, elementsOf, type FileMatrix } from "./matrix.ts";
import { OpenFile } from "../open_file.ts";
import { headerLength, parseHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors_header.ts";

/** A tensor in memory. */
export interface FileTensor extends TensorInfo {
  /** Its elements, row-major; F16 and BF16 are widened to Float32Array. */
  readonly data: TensorArray;
}

/** A whole safetensors file in memory. */
export interface Safetensors {
  /** The tensors by name, in the order of their bytes. */
  tensors: Map<string, FileTensor>;
  /** Free text by name. */
  metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the names, types and shapes of the tensors in a file, without their elements.
 *
 * @throws {FormatError} when there is no such file, or its header or length breaks the format
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  using file = await openSafetensors(path);
  return { tensors: file.tensors, metadata: file.metadata };
}

/**
 * Reads a whole file into memory.
 *
 * @throws {FormatError} as {@linkcode readSafetensorsHeader}; the signal's reason after an abort
 */
export async function readSafetensors(
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<Safetensors> {
  using file = await openSafetensors(path);
  const tensors = new Map<string, FileTensor>();
  for (const [name, info] of file.tensors) {
    tensors.set(name, { ...info, data: await file.read(name, options) });
  }
  return { tensors, metadata: file.metadata };
}

/**
 * Opens a file and checks its header, to read tensors one at a time; close it, or open it with `using`.
 *
 * ```ts
 * import { openSafetensors, writeSafetensors } from "@llamero/sdk/formats";
 *
 * const path = `${await Deno.makeTempDir()}/weights.safetensors`;
 * await writeSafetensors(path, [{ name: "w", shape: [2, 3], data: new Float32Array(6) }]);
 * using file = await openSafetensors(path);
 * for (const { name, shape } of file.tensors.values()) console.log(name, shape, await file.read(name));
 * ```
 *
 * @throws {FormatError} as {@linkcode readSafetensorsHeader}
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await OpenFile.open(path, "a safetensors file");
  try {
    const first = await file.read(0, new Uint8Array(8));
    const bytes = new Uint8Array(headerLength(path, first, file.size));
    await file.readAll(8, bytes, "the whole header");
    return new SafetensorsFile(file, parseHeader(path, bytes, file.size));
  } catch (error) {
    file.close();
    throw error;
  }
}

/** An open safetensors file with a checked header. */
export class SafetensorsFile implements SafetensorsHeader {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #file: OpenFile;

  /** Wraps an open file; call {@linkcode openSafetensors} instead. */
  constructor(file: OpenFile, header: SafetensorsHeader) {
    this.#file = file;
    this.tensors = header.tensors;
    this.metadata = header.metadata;
  }

  /** The names, in the order of their bytes. */
  get names(): string[] {
    return [...this.tensors.keys()];
  }

  /**
   * Reads the elements of one tensor, row-major; F16 and BF16 are widened to Float32Array. Concurrent reads are
   * allowed.
   *
   * @throws {FormatError} when there is no such tensor or the file has become shorter; the signal's reason after an
   * abort
   */
  async read(name: string, options: { signal?: AbortSignal } = {}): Promise<TensorArray> {
    const info = this.#find(name);
    return await this.#elements(info, 0, elementsOf(info.shape), options.signal);
  }

  /**
   * Returns a tensor of floating-point numbers whose rows are read on demand.
   *
   * @throws {FormatError} when there is no such tensor, or its numbers are not F32, F16 or BF16
   */
  matrix(name: string): FileMatrix {
    const info = this.#find(name);
    const { shape, dtype } = info;
    const cols = columnsOf(shape);
    if (!["F32", "F16", "BF16"].includes(dtype)) {
      throw new FormatError(`Cannot use ${show(name)}: expected F32, F16 or BF16, it holds ${dtype}`, {
        file: this.#file.path,
        offset: info.offset,
        expected: "F32, F16 or BF16",
      });
    }
    const read = (start: number, count: number) =>
      this.#elements(info, start * cols, count * cols) as Promise<Float32Array<ArrayBuffer>>;
    return { file: this.#file.path, shape, read };
  }

  #find(name: string): TensorInfo {
    const info = this.tensors.get(name);
    const file = this.#file.path;
    if (info) return info;
    throw new FormatError(`Cannot read ${show(name)}: there is no such tensor`, { file, expected: name });
  }

  async #elements(
    info: TensorInfo,
    start: number,
    count: number,
    signal?: AbortSignal,
  ): Promise<TensorArray> {
    const target = allocate(info.dtype, count);
    const offset = info.offset + start * DTYPE_BYTES[info.dtype];
    await this.#file.readAll(
      offset,
      target.bytes,
      `${target.bytes.length} bytes of ${show(info.name)}`,
      signal,
    );
    return target.finish();
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
