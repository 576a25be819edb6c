/**
 * 64-bit hashes of texts (xxHash64, Collet 2012) as two unsigned 32-bit words.
 *
 * Two of n different texts have the same hash with a probability of about n^2 / 2^65, one in 90,000 for 20 million
 * lines.
 *
 * @module
 */
import { lazily } from "../../base/lazy_import.ts";

/** A 64-bit hash. */
interface Hash {
  /** Lower 32 bits. */
  low: number;
  /** Upper 32 bits. */
  high: number;
}

/** A function that hashes the UTF-8 bytes of a text; every call returns the same object. */
export type HashText = (text: string) => Readonly<Hash>;

/** Loads and returns the hash function, which is WebAssembly. */
export async function textHasher(seed = 0n): Promise<HashText> {
  const { default: xxhash } = await lazily(() => import("xxhash-wasm"));
  const { h64Raw } = await xxhash();
  const encoder = new TextEncoder();
  const word = new BigUint64Array(1);
  const halves = new Uint32Array(word.buffer);
  const hash = { low: 0, high: 0 };
  let bytes = new Uint8Array(1 << 14);
  return (text) => {
    if (text.length * 3 > bytes.length) bytes = new Uint8Array(text.length * 4);
    const { written } = encoder.encodeInto(text, bytes);
    word[0] = h64Raw(bytes.subarray(0, written), seed);
    [hash.low, hash.high] = halves;
    return hash;
  };
}
