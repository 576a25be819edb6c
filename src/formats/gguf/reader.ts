/**
 * Reader of GGUF files, which hold a model and its tokenizer; the format of llama.cpp.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { type GgufHeader, type GgufTensor, type GgufValue, MoreNeeded, parseGguf } from "./header.ts";
import { PACKINGS } from "./types.ts";
import { columnsOf, type FileMatrix } from "../tensors/matrix.ts";
import { OpenFile } from "../open_file.ts";

/** Bytes of the header that are read first, and the size of the largest header that is read. [ours] */
const FIRST_BYTES = 1 << 20;
const MAX_BYTES = 256 << 20;

/**
 * Opens a GGUF file and checks its header; close it, or open it with `using`.
 *
 * @throws {FormatError} when there is no such file, or its header or length breaks the format
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await OpenFile.open(path, "a GGUF file");
  try {
    return new GgufFile(file, await headerOf(file));
  } catch (error) {
    file.close();
    throw error;
  }
}

async function headerOf(file: OpenFile): Promise<GgufHeader> {
  for (let length = FIRST_BYTES; length <= MAX_BYTES; length *= 4) {
    const bytes = await file.read(0, new Uint8Array(Math.min(length, file.size)));
    try {
      return parseGguf({ file: file.path, size: file.size, bytes });
    } catch (error) {
      if (!(error instanceof MoreNeeded)) throw error;
    }
  }
  throw new FormatError(`Cannot read the header: it is longer than ${MAX_BYTES} bytes`, { file: file.path });
}

/** An open GGUF file with a checked header. */
export class GgufFile implements GgufHeader {
  /** Values by name, such as `llama.block_count`. */
  readonly values: ReadonlyMap<string, GgufValue>;
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #file: OpenFile;

  /** Wraps an open file; call {@linkcode openGguf} instead. */
  constructor(file: OpenFile, header: GgufHeader) {
    this.#file = file;
    this.values = header.values;
    this.tensors = header.tensors;
  }

  /**
   * Returns a tensor whose rows are read on demand and unpacked to float32.
   *
   * @throws {FormatError} when there is no such tensor
   */
  matrix(name: string): FileMatrix {
    const tensor = this.tensors.get(name);
    const file = this.#file.path;
    if (!tensor) {
      throw new FormatError(`Cannot read ${show(name)}: there is no such tensor`, { file, expected: name });
    }
    const { weights, bytes, unpack } = PACKINGS[tensor.type];
    const rowBytes = columnsOf(tensor.shape) / weights * bytes;
    const packed = async (start: number, count: number) => {
      const bytes = new Uint8Array(count * rowBytes);
      return await this.#file.readAll(tensor.offset + start * rowBytes, bytes, `rows of ${show(name)}`);
    };
    const matrix: FileMatrix = {
      file,
      shape: tensor.shape,
      read: async (...rows) => unpack(await packed(...rows)),
    };
    return tensor.type === "Q8_0" ? { ...matrix, readQ8: packed } : matrix;
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
