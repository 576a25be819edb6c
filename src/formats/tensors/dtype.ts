/**
 * The element types of safetensors files and the typed arrays that hold them.
 *
 * F16 and BF16 are widened to 32 bits, which is exact, also for subnormals, infinities and NaN.
 *
 * @module
 */

/** An element type that can be read. */
export type SafeDType =
  | "BOOL"
  | "U8"
  | "I8"
  | "U16"
  | "I16"
  | "F16"
  | "BF16"
  | "U32"
  | "I32"
  | "F32"
  | "U64"
  | "I64"
  | "F64";

/** The elements of a tensor, row-major. `BOOL` is a Uint8Array of zeros and ones. */
export type TensorArray<Memory extends ArrayBufferLike = ArrayBuffer> =
  | Float32Array<Memory>
  | Float64Array<Memory>
  | Int8Array<Memory>
  | Uint8Array<Memory>
  | Int16Array<Memory>
  | Uint16Array<Memory>
  | Int32Array<Memory>
  | Uint32Array<Memory>
  | BigInt64Array<Memory>
  | BigUint64Array<Memory>;

const ARRAYS = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  U32: Uint32Array,
  I32: Int32Array,
  F32: Float32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
} as const;

/** Bytes per element in a file. */
export const DTYPE_BYTES: Readonly<Record<SafeDType, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** Returns true for a name of {@linkcode SafeDType}. */
export function isDType(name: string): name is SafeDType {
  return Object.hasOwn(DTYPE_BYTES, name);
}

/** Returns the element type that an array is written as. */
export function dtypeOf(array: TensorArray<ArrayBufferLike> | Float16Array): SafeDType {
  if (array instanceof Float16Array) return "F16";
  const dtypes = Object.keys(ARRAYS) as (keyof typeof ARRAYS)[];
  return dtypes.find((dtype) => dtype !== "BOOL" && array instanceof ARRAYS[dtype])!;
}

/**
 * Allocates an array for `count` elements: fill `bytes` with the bytes of the file, then `finish` returns the array.
 *
 * 16-bit floats are read into the upper half of their array and widened in place, without a second copy: element i is
 * read at byte 2 count + 2i and written at byte 4i, which is never behind unread elements.
 */
export function allocate(
  dtype: SafeDType,
  count: number,
): { bytes: Uint8Array<ArrayBuffer>; finish(): TensorArray } {
  if (dtype !== "F16" && dtype !== "BF16") {
    const array = new ARRAYS[dtype](count);
    return { bytes: new Uint8Array(array.buffer), finish: () => array };
  }
  const array = new Float32Array(count);
  const half = 2 * count;
  const widen = dtype === "F16" ? widenF16 : widenBF16;
  return { bytes: new Uint8Array(array.buffer, half, half), finish: () => (widen(array, half), array) };
}

function widenF16(out: Float32Array<ArrayBuffer>, at: number): void {
  const halves = new Float16Array(out.buffer, at, out.length);
  for (let i = 0; i < out.length; i++) out[i] = halves[i];
}

/** Widens BF16, which is the upper half of an F32. */
function widenBF16(out: Float32Array<ArrayBuffer>, at: number): void {
  const words = new Uint32Array(out.buffer);
  const halves = new Uint16Array(out.buffer, at, out.length);
  for (let i = 0; i < words.length; i++) words[i] = halves[i] << 16;
}
