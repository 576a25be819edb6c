/**
 * Reading GGUF files, which hold a model and its tokenizer, as llama.cpp and what is built on it do.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { type GgufHeader, type GgufTensor, type GgufValue, MoreNeeded, parseGguf } from "./header.ts";
import { PACKINGS } from "./types.ts";
import { columnsOf, type FileMatrix } from "../tensors/matrix.ts";
import { OpenFile } from "../open_file.ts";

/** Bytes of a header that are read at first, and the most that are read of one. [ours] */
const FIRST = 1 << 20;
const MOST = 256 << 20;

/**
 * Opens a GGUF file to read its tensors; close it, or open it with `using`.
 *
 * @throws {FormatError} if there is no such file, or its header or length is not what the format says
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
  for (let length = FIRST; length <= MOST; length *= 4) {
    const bytes = await file.read(0, new Uint8Array(Math.min(length, file.size)));
    try {
      return parseGguf({ file: file.path, size: file.size, bytes });
    } catch (error) {
      if (!(error instanceof MoreNeeded)) throw error;
    }
  }
  throw new FormatError(`Cannot read the header: it is longer than ${MOST} bytes`, { file: file.path });
}

/** An open file whose header has been checked. */
export class GgufFile implements GgufHeader {
  /** Values by name, such as `llama.block_count`. */
  readonly values: ReadonlyMap<string, GgufValue>;
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  readonly #file: OpenFile;

  /** Made by {@linkcode openGguf}. */
  constructor(file: OpenFile, header: GgufHeader) {
    this.#file = file;
    this.values = header.values;
    this.tensors = header.tensors;
  }

  /**
   * A tensor to be read a few rows at a time, unpacked to float32.
   *
   * @throws {FormatError} if there is no such tensor
   */
  matrix(name: string): FileMatrix {
    const tensor = this.tensors.get(name);
    const file = this.#file.path;
    if (!tensor) {
      throw new FormatError(`Cannot read ${show(name)}: there is no such tensor`, { file, expected: name });
    }
    const { weights, bytes, unpack } = PACKINGS[tensor.type];
    const rowBytes = columnsOf(tensor.shape) / weights * bytes;
    const read = async (start: number, count: number) => {
      const packed = new Uint8Array(count * rowBytes);
      return unpack(
        await this.#file.readAll(tensor.offset + start * rowBytes, packed, `rows of ${show(name)}`),
      );
    };
    return { file, shape: tensor.shape, read };
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
