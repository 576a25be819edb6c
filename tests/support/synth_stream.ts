/**
 * SynthStream v1 of tests/golden/README.md: a token stream with structure to learn, drawn with integers only.
 *
 * @module
 */
import { Random } from "../../src/base/random.ts";

/** Returns `length` tokens below `vocab` from `seed`. */
export function synthStream(seed: number, vocab: number, length: number): Uint32Array {
  const random = new Random(seed);
  const out: number[] = [];
  while (out.length < length) {
    if (out.length >= 64 && random.u32() >>> 24 < 20) {
      const lag = 4 + (random.u32() >>> 28);
      const n = 8 + (random.u32() >>> 28);
      for (let i = 0; i < n; i++) out.push(out[out.length - lag]);
      continue;
    }
    const u = random.u32() >>> 24;
    const p = out.at(-1) ?? 0;
    if (u < 150) out.push((5 * p + 7) % vocab);
    else if (u < 210) out.push((11 * p + 3) % vocab);
    else out.push(Math.min((random.u32() >>> 16) % vocab, (random.u32() >>> 16) % vocab));
  }
  return Uint32Array.from(out.slice(0, length));
}

/** Returns FNV-1a 32 over the tokens as four little-endian bytes each. */
export function fnv1a(tokens: Uint32Array): number {
  let h = 0x811c9dc5;
  for (const byte of new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)) {
    h = Math.imul(h ^ byte, 0x01000193);
  }
  return h >>> 0;
}
