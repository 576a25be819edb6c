/**
 * The places of tensors in a flat array, and the elements at which it is cut into buffers.
 *
 * An adapter's buffers end at a limit, so one array lies in several. It is cut between tensors; a tensor is cut, between
 * rows, only where it alone is larger than a buffer. Cuts stand at multiples of 4,096 elements, which are the parts that the
 * gradient norm sums, so that no sum depends on them. Every tensor begins at a multiple of 128 elements, which are 256
 * bytes in f16, and lies within one part or begins with one.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { normPart } from "../../ops/mod.ts";

/** A tensor in a flat array. */
export interface ArenaTensor {
  /** Its name, for errors. */
  name: string;
  /** Dimensions, [rows, cols] or [size]. */
  shape: readonly number[];
  /** First element. */
  start: number;
}

/** The tensors of a flat array in their order. */
export class ArenaLayout {
  /** The tensors. */
  readonly tensors: ArenaTensor[] = [];
  #end = 0;

  /** Elements of the array, a multiple of 128. */
  get size(): number {
    return aligned(this.#end);
  }

  /** Places a tensor behind the others and returns its first element. */
  place(name: string, shape: readonly number[]): number {
    const size = sizeOf(shape);
    const next = aligned(this.#end);
    const start = next % normPart + size <= normPart ? next : Math.ceil(next / normPart) * normPart;
    this.tensors.push({ name, shape, start });
    this.#end = start + size;
    return start;
  }

  /** Ends the tensors so far: the next one begins at the multiple of 4,096 elements that is returned. */
  border(): number {
    return this.#end = Math.ceil(this.#end / normPart) * normPart;
  }

  /**
   * Returns the first elements of the buffers for an array whose buffers hold at most `maxSize` elements each, first 0.
   *
   * @throws {DeviceError} for a tensor that cannot be cut, naming the smallest buffer that would do
   */
  cuts(maxSize: number): number[] {
    const most = Math.floor(maxSize / normPart) * normPart;
    const starts = [0];
    const firsts = this.tensors.filter(({ start }) => start % normPart === 0);
    firsts.forEach(({ name, shape, start }, i) => {
      const size = sizeOf(shape);
      const end = firsts[i + 1]?.start ?? this.size;
      const large = size > most;
      if (start > 0 && (large || end - starts.at(-1)! > most)) starts.push(start);
      if (!large) return;
      const unit = rowUnit(shape);
      const step = Math.floor(most / unit) * unit;
      if (step === 0) throw uncuttable(name, shape, maxSize);
      for (let cut = start + step; cut < start + size; cut += step) starts.push(cut);
    });
    return starts;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Returns the elements of the fewest rows, a multiple of 128, that fill whole parts: where a matrix may be cut. */
function rowUnit(shape: readonly number[]): number {
  const cols = shape.at(-1)!;
  const rows = normPart / commonDivisor(normPart, cols);
  return Math.max(128, rows) * cols; // both are powers of two
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function uncuttable(name: string, shape: readonly number[], maxSize: number): DeviceError {
  const [wanted, have] = [4 * rowUnit(shape), 4 * maxSize];
  return new DeviceError(
    `Cannot hold ${name} [${
      shape.join(", ")
    }]: maxBufferSize is ${have} bytes, and its rows fill buffers of at least ` +
      `${wanted}. Open the device with a larger maxBufferSize`,
    { limit: "maxBufferSize", wanted, have },
  );
}

/** Rounds up to 128 elements, which are 256 bytes in f16 and 512 in f32. */
function aligned(size: number): number {
  return Math.ceil(size / 128) * 128;
}
