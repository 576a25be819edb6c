/**
 * Sums of floats in a given order, in f32 on the host: the one place where numbers of several ranks are added.
 *
 * @module
 */

/**
 * Adds arrays of equal length from first to last, `((onto + a0) + a1) + ...`; without `onto` the sum starts with the first.
 *
 * @returns a new array
 */
export function addInOrder(
  arrays: readonly Float32Array<ArrayBufferLike>[],
  onto?: Float32Array<ArrayBufferLike>,
): Float32Array<ArrayBuffer> {
  const sum = new Float32Array(arrays[0].length);
  addInto(sum, arrays, onto);
  return sum;
}

/** Writes the sum of {@linkcode addInOrder} into `sum`. */
export function addInto(
  sum: Float32Array<ArrayBufferLike>,
  arrays: readonly Float32Array<ArrayBufferLike>[],
  onto?: Float32Array<ArrayBufferLike>,
): void {
  sum.set(onto ?? arrays[0]);
  for (const array of onto ? arrays : arrays.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i] += array[i];
  }
}
