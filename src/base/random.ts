/**
 * The seeded random generator of every shuffle, initial weight and sample.
 *
 * It is mulberry32, which needs 32-bit integers only: every platform draws the same values bit for bit (check values in
 * tests/golden/prng.json). It is not for cryptography.
 *
 * @module
 */

/** A stream of pseudo-random numbers that depends on its seed alone. */
export class Random {
  /** The whole state: a stream continues where this value was read once it is written back. */
  state: number;

  /** Starts the stream of `seed` (taken modulo 2^32). */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Draws a 32-bit unsigned integer. */
  u32(): number {
    const a = this.state = (this.state + 0x6D2B79F5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Draws a uniform number in [0, 1) with 32 bits. */
  uniform(): number {
    return this.u32() / 4294967296;
  }

  /** Draws a uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Draws a standard normal number (Box and Muller 1958; one of the pair is used, so that the state is one word). */
  normal(): number {
    const u = (this.u32() + 0.5) / 4294967296;
    const v = this.uniform();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }

  /** Shuffles `items` in place (Fisher and Yates) and returns them. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }

  /** Returns an independent stream for a named purpose, such as `init` or `dropout`. */
  fork(name: string): Random {
    return new Random(hash32(name, this.state));
  }
}

/** Returns a 32-bit hash of `text` under `seed` (FNV-1a over UTF-8, then the finaliser of MurmurHash3). */
export function hash32(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Returns a number in [0, 1) that depends on `seed` and `id` only, for splits and samples that do not depend on order. */
export function hashUniform(seed: number, id: string): number {
  return hash32(id, hash32("hashUniform", seed)) / 4294967296;
}
