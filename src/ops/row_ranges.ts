/**
 * Ranges of rows of matrices that a kernel cannot read as a whole.
 *
 * An adapter binds so many bytes of a buffer and no more (128 MiB by default), and the rows of a tensor with `pieces` lie
 * in several buffers. An op that walks the ranges records one call for each and gives the numbers of one call for all.
 *
 * @module
 */
import { DeviceError } from "../base/errors.ts";
import { bytesOf, type DeviceLimits, type Tensor } from "../gpu/mod.ts";

/** The limit of a device that ranges keep. */
export interface BindingLimit {
  /** Its limits. */
  readonly limits: Readonly<Pick<DeviceLimits, "maxStorageBufferBindingSize">>;
}

/** Rows of a matrix that one kernel reads or writes. */
export interface RowRange {
  /** Its first row in the matrix. */
  first: number;
  /** Number of rows. */
  rows: number;
}

/** A range of a matrix, and its rows as a matrix of their own. */
export interface BoundRows extends RowRange {
  /** [rows, cols] the rows, in one buffer and within the binding limit. */
  tensor: Tensor;
}

/** WebGPU's alignment of a binding, in bytes. */
const alignment = 256;

/**
 * Lists a matrix as ranges of rows, each in one buffer and within the binding limit; most matrices are one range.
 *
 * @param unit number of rows, a power of two of at most 128, of which each range but the last of a buffer is a multiple
 * @throws {DeviceError} where not even that many rows can be bound, naming the limit
 */
export function rowRanges(device: BindingLimit, tensor: Tensor, unit = 1): BoundRows[] {
  return cutRows(device, [tensor], unit).map((range) => ({ ...range, tensor: rowsOf(tensor, range) }));
}

/** Lists ranges of rows that suit all of these matrices, which have the same number of rows. */
export function cutRows(device: BindingLimit, tensors: readonly Tensor[], unit = 1): RowRange[] {
  const step = Math.max(unit, ...tensors.map(alignedRows));
  const borders = new Set(tensors.flatMap((tensor) => firstRows(device, tensor, step)));
  const firsts = [...borders].sort((a, b) => a - b);
  return firsts.map((first, i) => ({ first, rows: (firsts[i + 1] ?? tensors[0].rows) - first }));
}

/** Returns a range of rows of a matrix as a matrix; a range of a matrix with `pieces` lies in one of them. */
export function rowsOf(tensor: Tensor, { first, rows }: RowRange): Tensor {
  if (first === 0 && rows === tensor.rows && !tensor.pieces) return tensor;
  let start = first;
  for (const piece of tensor.pieces ?? [tensor]) {
    if (start < piece.rows) return piece.slice(tensor.name, start, rows);
    start -= piece.rows;
  }
  throw new Error(`Tensor ${tensor.name} has no row ${first}`);
}

/** Returns the columns of a matrix that belong to a range of another one's rows. */
export function columnsOf(matrix: Tensor, { first, rows }: RowRange): Tensor {
  return rows === matrix.cols ? matrix : matrix.columns(matrix.name, first, rows);
}

/** Returns the least number of columns, a power of two, whose multiples begin at aligned bytes. */
export function alignedColumns({ dtype }: Pick<Tensor, "dtype">): number {
  return alignment / bytesOf(dtype);
}

/** Returns the least number of rows, a power of two, whose multiples begin at aligned bytes, those of their scales too. */
export function alignedRows({ stride, dtype, scales }: Pick<Tensor, "stride" | "dtype" | "scales">): number {
  let rows = scales ? alignedRows(scales) : 1;
  while (rows * stride * bytesOf(dtype) % alignment !== 0) rows *= 2;
  return rows;
}

/** Returns the first row of each range of a matrix, by buffers and by the binding limit. */
function firstRows(device: BindingLimit, tensor: Tensor, unit: number): number[] {
  const firsts: number[] = [];
  let start = 0;
  for (const piece of tensor.pieces ?? [tensor]) {
    const step = maxRows(device, piece, unit);
    for (let row = 0; row < piece.rows; row += step) firsts.push(start + row);
    start += piece.rows;
  }
  return firsts;
}

/** Returns the largest number of rows that can be bound: all, or a multiple of `unit`. */
function maxRows(device: BindingLimit, tensor: Tensor, unit: number): number {
  const have = device.limits.maxStorageBufferBindingSize;
  if (tensor.bytes <= have) return Math.max(1, tensor.rows);
  const size = bytesOf(tensor.dtype);
  const rows = Math.floor((have / size - tensor.cols) / tensor.stride) + 1; // the last row ends with its columns
  const step = Math.floor(rows / unit) * unit;
  if (step > 0) return step;
  const wanted = ((unit - 1) * tensor.stride + tensor.cols) * size;
  throw new DeviceError(
    `Cannot bind ${tensor.name} [${
      tensor.shape.join(" ")
    }]: ${unit} of its rows take ${wanted} bytes, the adapter ` +
      `binds at most ${have}. Use an adapter that binds more, or a model with shorter rows`,
    { limit: "maxStorageBufferBindingSize", wanted, have },
  );
}
