/**
 * The matrices in a fastText file: dense floats, or product-quantised.
 *
 * A row of a product-quantised matrix (Jégou et al. 2011) is a few bytes that name sub-vectors in a table, and one byte
 * that names the row's norm.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";

/** The operations on a matrix. */
export interface FastTextMatrix {
  /** Adds a row to `sum`. */
  addRow(row: number, sum: Float32Array): void;
  /** Returns the dot product of a row and a vector. */
  dotRow(row: number, vector: Float32Array): number;
}

/** A reader of a file's bytes, from front to back. */
export class Source {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #file?: string;
  #at = 0;

  /** Makes a reader of the `bytes` of `file`. */
  constructor(bytes: Uint8Array, file?: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  /** Skips bytes and returns the offset before them. */
  skip(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    if (this.#at > this.#bytes.length || bytes < 0) throw this.wrong(`${bytes} more bytes`);
    return at;
  }

  /** Reads a byte. */
  u8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  /** Reads a signed 32-bit integer. */
  i32(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  /** Reads a signed 64-bit integer as a number. */
  i64(): number {
    return Number(this.#view.getBigInt64(this.skip(8), true));
  }

  /** Reads text up to a zero byte. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw this.wrong("the end of a word");
    const at = this.skip(end + 1 - this.#at);
    return new TextDecoder().decode(this.#bytes.subarray(at, end));
  }

  /** Copies the next `count` bytes. */
  bytes(count: number): Uint8Array<ArrayBuffer> {
    const at = this.skip(count);
    return this.#bytes.slice(at, at + count);
  }

  /** Reads `count` 32-bit floats. */
  floats(count: number): Float32Array {
    return new Float32Array(this.bytes(count * 4).buffer);
  }

  /** Returns the error for a file with something else than `expected`. */
  wrong(expected: string): FormatError {
    return new FormatError(`Cannot read the fastText model: expected ${expected}`, {
      file: this.#file,
      offset: this.#at,
      expected,
    });
  }
}

/** Reads a matrix of floats. */
export function denseMatrix(from: Source): FastTextMatrix {
  const [rows, columns] = [from.i64(), from.i64()];
  return matrixOf(from.floats(rows * columns), columns);
}

function matrixOf(values: Float32Array, columns: number): FastTextMatrix {
  return {
    addRow(row, sum) {
      for (let i = 0; i < columns; i++) sum[i] += values[row * columns + i];
    },
    dotRow(row, vector) {
      let sum = 0;
      for (let i = 0; i < columns; i++) sum += values[row * columns + i] * vector[i];
      return sum;
    },
  };
}

/**
 * The most floats of a quantised matrix that is expanded when it is read; a larger one is expanded at every use.
 * [ours]
 */
const maxExpanded = 1 << 23;

/** Reads a product-quantised matrix. */
export function quantMatrix(from: Source): FastTextMatrix {
  const hasNorms = from.u8() !== 0;
  const [rows, columns] = [from.i64(), from.i64()];
  const codes = from.bytes(from.i32());
  const table = quantizer(from);
  const normCodes = hasNorms ? from.bytes(rows) : undefined;
  const norms = hasNorms ? quantizer(from) : undefined;
  const { parts, width, centroids, placeOf } = table;
  const each = (row: number, use: (i: number, value: number) => void) => {
    const norm = norms ? norms.centroids[norms.placeOf(0, normCodes![row])] : 1;
    for (let part = 0; part < parts; part++) {
      const place = placeOf(part, codes[row * parts + part]);
      const end = Math.min(columns, (part + 1) * width);
      for (let i = part * width; i < end; i++) use(i, norm * centroids[place + i - part * width]);
    }
  };
  if (rows * columns <= maxExpanded) {
    const values = new Float32Array(rows * columns);
    for (let row = 0; row < rows; row++) each(row, (i, value) => values[row * columns + i] = value);
    return matrixOf(values, columns);
  }
  return {
    addRow: (row, sum) => each(row, (i, value) => sum[i] += value),
    dotRow(row, vector) {
      let sum = 0;
      each(row, (i, value) => sum += value * vector[i]);
      return sum;
    },
  };
}

/** Reads a table of sub-vectors: `parts` times 256 of `width` floats; the last part may be narrower. */
function quantizer(from: Source) {
  const [dim, parts, width, lastWidth] = Array.from({ length: 4 }, () => from.i32());
  const centroids = from.floats(dim * 256);
  const placeOf = (part: number, code: number) =>
    part * 256 * width + code * (part === parts - 1 ? lastWidth : width);
  return { parts, width, centroids, placeOf };
}
