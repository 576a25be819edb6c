/**
 * Matrices in files that are read a few rows at a time, so that no tensor has to be in memory whole.
 *
 * @module
 */

/** An array in a file that is read as float32, some rows at a time. */
export interface FileMatrix {
  /** Path of the file, for errors. */
  readonly file: string;
  /** Lengths of its dimensions. A row runs along the last one; a vector is one row. */
  readonly shape: readonly number[];
  /** Rows that are read together, so that a part of them costs as much as all (default 1). */
  readonly group?: number;
  /**
   * Reads rows `start` to `start + count` (exclusive), as [count, columns] row-major.
   *
   * @throws {FormatError} when the file has become shorter
   */
  read(start: number, count: number): Promise<Float32Array<ArrayBuffer>>;
  /**
   * Reads the same rows as blocks of Q8_0, 34 bytes for 32 weights, where the file holds such blocks.
   *
   * @throws {FormatError} when the file has become shorter
   */
  readQ8?(start: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Rows of a matrix in memory: numbers, or the bytes of blocks. */
export type Rows = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Returns the number of elements of an array of that shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Returns the number of elements in a row of an array of that shape; 1 for a scalar. */
export function columnsOf(shape: readonly number[]): number {
  return shape.at(-1) ?? 1;
}

/** Returns rows of `from` elements as rows of `to` elements: cut, or with zeros behind. */
export function restrided(
  data: Float32Array<ArrayBuffer>,
  from: number,
  to: number,
): Float32Array<ArrayBuffer> {
  if (from === to) return data;
  const rows = data.length / from;
  const out = new Float32Array(rows * to);
  const kept = Math.min(from, to);
  for (let row = 0; row < rows; row++) out.set(data.subarray(row * from, row * from + kept), row * to);
  return out;
}

/** Stacks matrices of equal width, each below the one before. */
export function stackRows(parts: readonly FileMatrix[]): FileMatrix {
  if (parts.length === 1) return parts[0];
  const rows = parts.map(({ shape }) => shape[0]);
  const cols = parts[0].shape[1];
  const read = async (start: number, count: number) => {
    const out = new Float32Array(count * cols);
    let top = 0;
    for (const [i, part] of parts.entries()) {
      const from = Math.max(start, top);
      const to = Math.min(start + count, top + rows[i]);
      if (from < to) out.set(await part.read(from - top, to - from), (from - start) * cols);
      top += rows[i];
    }
    return out;
  };
  return { file: parts[0].file, shape: [rows.reduce((a, b) => a + b, 0), cols], read };
}

/** Joins matrices of equal height side by side. */
export function stackColumns(parts: readonly FileMatrix[]): FileMatrix {
  if (parts.length === 1) return parts[0];
  const widths = parts.map(({ shape }) => shape[1]);
  const cols = widths.reduce((a, b) => a + b, 0);
  const read = async (start: number, count: number) => {
    const out = new Float32Array(count * cols);
    let left = 0;
    for (const [i, part] of parts.entries()) {
      const data = await part.read(start, count);
      const width = widths[i];
      for (let row = 0; row < count; row++) {
        out.set(data.subarray(row * width, (row + 1) * width), row * cols + left);
      }
      left += width;
    }
    return out;
  };
  return { file: parts[0].file, shape: [parts[0].shape[0], cols], read };
}

/** Returns a view of `matrix` whose rows pass through `change`, in whole groups of `group` rows. */
export function changeRows(
  matrix: FileMatrix,
  group: number,
  change: <Data extends Rows>(data: Data, rows: number) => Data,
): FileMatrix {
  const { file, shape, readQ8 } = matrix;
  const changed =
    <Data extends Rows>(read: (start: number, count: number) => Promise<Data>) =>
    async (start: number, count: number): Promise<Data> => {
      const first = Math.floor(start / group) * group;
      const end = Math.ceil((start + count) / group) * group;
      const data = change(await read(first, end - first), end - first);
      const row = data.length / (end - first);
      return data.subarray((start - first) * row, (start - first + count) * row) as Data;
    };
  const read = changed((start, count) => matrix.read(start, count));
  return readQ8 ? { file, shape, group, read, readQ8: changed(readQ8) } : { file, shape, group, read };
}
