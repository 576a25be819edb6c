/**
 * Lookup tables of fastText that fit into the processor's cache: the rows of n-gram buckets, and a cache of words.
 *
 * A word is looked up by its position in a text, so that a cached word needs no new string. Words are distinguished
 * by 64 bits of hash: two of 100,000 words have the same hash with a probability of 1 in 4,000 million.
 *
 * @module
 */

/** Rows of the n-gram buckets that pruning has kept: one bit per bucket, and the rows in the order of the buckets. */
export class BucketRows {
  readonly #bits: Uint32Array;
  /** Number of kept buckets before each word of bits. */
  readonly #before: Uint32Array;
  readonly #rows: Int32Array;

  /** Makes the table from `count` pairs of bucket and row. */
  constructor(buckets: number, count: number, next: () => [number, number]) {
    const pairs = Array.from({ length: count }, next).sort(([a], [b]) => a - b);
    this.#bits = new Uint32Array((buckets >>> 5) + 1);
    this.#before = new Uint32Array(this.#bits.length + 1);
    this.#rows = Int32Array.from(pairs, ([, row]) => row);
    for (const [bucket] of pairs) {
      this.#bits[bucket >>> 5] |= 1 << (bucket & 31);
      this.#before[(bucket >>> 5) + 1]++;
    }
    for (let i = 1; i < this.#before.length; i++) this.#before[i] += this.#before[i - 1];
  }

  /** Returns the row of a bucket; -1 when it was pruned. */
  rowOf(bucket: number): number {
    const word = this.#bits[bucket >>> 5];
    const bit = bucket & 31;
    if (((word >>> bit) & 1) === 0) return -1;
    return this.#rows[this.#before[bucket >>> 5] + ones(word & ((1 << bit) - 1))];
  }
}

/** Returns the number of bits that are set. */
function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const slots = 1 << 18;

/** Returns true for a UTF-16 unit that separates words in fastText: space, line ends, tabs and NUL. */
export function isBlank(unit: number): boolean {
  return unit <= 32 && (unit === 32 || (unit >= 9 && unit <= 13) || unit === 0);
}

/** A table that numbers words from 0 in the order they are added; it is emptied when it is full. */
export class WordTable {
  /** Index behind the word that was read last. */
  end = 0;
  readonly #maxWords: number;
  /** Low word and high word of the hash, and the word's number plus 1, for each slot. */
  readonly #slots = new Uint32Array(3 * slots);
  #size = 0;
  #low = 0;
  #high = 0;

  /** Makes a table of `maxWords` words, at most half of its 262,144 slots. */
  constructor(maxWords: number) {
    this.#maxWords = Math.min(maxWords, slots / 2);
  }

  /** Reads the word from `from` to `end` and returns its number; -1 when it is not in the table. */
  find(text: string, from: number): number {
    let low = 0x811c9dc5;
    let high = 0x2545f491;
    let at = from;
    for (; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (isBlank(unit)) break;
      low = Math.imul(low ^ unit, 0x01000193);
      high = Math.imul(high + unit, 0x9e3779b1) ^ (high >>> 15);
    }
    this.end = at;
    this.#low = (low ^ (low >>> 16)) >>> 0;
    this.#high = high >>> 0;
    return this.#slots[3 * this.#slot() + 2] - 1;
  }

  /** Adds the word that was read last and returns its number. */
  add(): number {
    if (this.#size === this.#maxWords) {
      this.#slots.fill(0);
      this.#size = 0;
    }
    const at = 3 * this.#slot();
    this.#slots[at] = this.#low;
    this.#slots[at + 1] = this.#high;
    return (this.#slots[at + 2] = ++this.#size) - 1;
  }

  #slot(): number {
    const table = this.#slots;
    const low = this.#low;
    const high = this.#high;
    let slot = (low ^ (high >>> 11)) & (slots - 1);
    while (table[3 * slot + 2] !== 0 && (table[3 * slot] !== low || table[3 * slot + 1] !== high)) {
      slot = (slot + 1) & (slots - 1);
    }
    return slot;
  }
}
