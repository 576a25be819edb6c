/**
 * What fastText looks up for each word, in tables that stay in the processor's cache: the rows of n-grams, and the words
 * that were met before. The second is asked by a place in a text, so that no string is made for a word that is there.
 *
 * Words are told apart by 64 bits of hash: of the 100,000 words it holds two have the same one with a probability of 1 in
 * 4,000 million.
 *
 * @module
 */

/** Rows of the buckets of n-grams that pruning left: a bit a bucket, and the rows in the order of the buckets. */
export class BucketRows {
  readonly #bits: Uint32Array;
  /** Number of buckets with a row before each word of bits. */
  readonly #before: Uint32Array;
  readonly #rows: Int32Array;

  /** Of `count` pairs of bucket and row. */
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

  /** The row of a bucket; -1 when it has none. */
  rowOf(bucket: number): number {
    const word = this.#bits[bucket >>> 5];
    const bit = bucket & 31;
    if (((word >>> bit) & 1) === 0) return -1;
    return this.#rows[this.#before[bucket >>> 5] + ones(word & ((1 << bit) - 1))];
  }
}

/** Number of bits that are set. */
function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const slots = 1 << 18;

/** Whether a UTF-16 unit separates words in fastText: space, line ends, tabs and NUL; no other white space. */
export function isBlank(unit: number): boolean {
  return unit <= 32 && (unit === 32 || (unit >= 9 && unit <= 13) || unit === 0);
}

/** Numbers for words, from 0 on in the order they come; begins anew when it is full. */
export class WordTable {
  /** Where the word that was last read ends. */
  end = 0;
  readonly #most: number;
  /** Low word and high word of the hash, and the number of the word plus 1, of each slot. */
  readonly #slots = new Uint32Array(3 * slots);
  #size = 0;
  #low = 0;
  #high = 0;

  /** A table of `most` words, at most half of its 262,144 slots. */
  constructor(most: number) {
    this.#most = Math.min(most, slots / 2);
  }

  /** Reads the word that begins at `from` up to `end`, and gives its number; -1 when it is not there. */
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

  /** Adds the word that was last read and gives its number. */
  add(): number {
    if (this.#size === this.#most) {
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
