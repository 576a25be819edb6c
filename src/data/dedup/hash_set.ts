/**
 * A set of 64-bit hashes in 9 to 10 bytes per hash (8 bytes at 80 to 90 % load).
 *
 * It is an ordered hash table (Amble & Knuth 1974): linear probing from a home slot that rises with the hash, all
 * hashes in ascending order. A missing hash is therefore noticed after a few slots even in a full table, the set can
 * be read in order, and it grows in place: one array, of which more and more is used, instead of larger and larger
 * copies.
 *
 * @module
 */

const firstHomes = 56;
const maxLoad = 0.9;
const growth = 1.12;

/** An array of more than `minBytes` grows in place, in `maxBytes` of reserved addresses. */
const inPlace = { minBytes: 1 << 16, maxBytes: 2 ** 34 };

/** A set of hashes in memory. An upper word of 0 counts as 1, because it marks free slots. */
export class HashSet {
  /** Bytes beyond which a set must not grow. */
  static readonly maxBytes: number = inPlace.maxBytes / 2;

  #homes = firstHomes;
  #size = 0;
  /** Low and high word of each slot. A slot with high word 0 is free; the last slot is always free. */
  #words = new Uint32Array(lengthFor(firstHomes));

  /** Number of hashes. */
  get size(): number {
    return this.#size;
  }

  /** Size of its array in bytes. */
  get bytes(): number {
    return this.#words.byteLength;
  }

  /** Adds a hash; returns false when it was there. */
  add(low: number, high: number): boolean {
    if (high === 0) high = 1;
    const words = this.#words;
    let at = this.#slotOf(low, high);
    if (words[at + 1] === high && words[at] === low) return false;
    do { // the hashes behind it move by one slot, up to a free one
      const nextLow = words[at];
      const nextHigh = words[at + 1];
      words[at] = low;
      words[at + 1] = high;
      low = nextLow;
      high = nextHigh;
      at += 2;
    } while (high !== 0);
    if (++this.#size > this.#homes * maxLoad) this.#rebuild(Math.ceil(this.#homes * growth));
    else if (at === words.length) this.#rebuild(this.#homes);
    return true;
  }

  /** Returns true for a hash in the set. */
  has(low: number, high: number): boolean {
    if (high === 0) high = 1;
    const words = this.#words;
    const at = this.#slotOf(low, high);
    return words[at + 1] === high && words[at] === low;
  }

  /** Removes all hashes and frees the memory. */
  clear(): void {
    const { buffer } = this.#words;
    if (buffer.resizable) buffer.resize(0); // frees it now instead of at garbage collection
    this.#words = new Uint32Array(lengthFor(firstHomes));
    this.#homes = firstHomes;
    this.#size = 0;
  }

  /** Yields the hashes in ascending order as 64-bit words, `batch` at a time, in an array that it reuses. */
  *sorted(batch: number): Generator<BigUint64Array<ArrayBuffer>> {
    const words = this.#words;
    const hashes = new BigUint64Array(batch);
    const halves = new Uint32Array(hashes.buffer);
    for (let left = this.#size, slot = 0; left > 0;) {
      const count = Math.min(left, batch);
      left -= count;
      for (let to = 0; to < 2 * count; slot += 2) {
        if (words[slot + 1] === 0) continue;
        halves[to++] = words[slot];
        halves[to++] = words[slot + 1];
      }
      yield hashes.subarray(0, count);
    }
  }

  /** Returns the slot of a hash, or the slot where it belongs. */
  #slotOf(low: number, high: number): number {
    const words = this.#words;
    let at = homeOf(high, this.#homes);
    let here = words[at + 1];
    while (here !== 0 && (here < high || (here === high && words[at] < low))) {
      at += 2;
      here = words[at + 1];
    }
    return at;
  }

  /** Moves every hash to its slot in a table of `homes`; first all go to the end, so that none is overwritten. */
  #rebuild(homes: number): void {
    const used = this.#words.length;
    const words = this.#words = lengthened(
      this.#words,
      Math.max(used, lengthFor(homes, this.#endWith(homes))),
    );
    this.#homes = homes;
    let from = words.length;
    for (let slot = used - 2; slot >= 0; slot -= 2) {
      if (words[slot + 1] === 0) continue;
      from -= 2;
      words[from] = words[slot];
      words[from + 1] = words[slot + 1];
    }
    let free = 0;
    for (; from < words.length; from += 2) {
      const low = words[from];
      const high = words[from + 1];
      const home = homeOf(high, homes);
      while (free < home) words[free++] = 0;
      words[free] = low;
      words[free + 1] = high;
      free += 2;
    }
    words.fill(0, free);
  }

  /** Returns the end of the used slots in a table of `homes`. */
  #endWith(homes: number): number {
    const words = this.#words;
    let end = 0;
    for (let slot = 1; slot < words.length; slot += 2) {
      if (words[slot] !== 0) end = Math.max(end, homeOf(words[slot], homes)) + 2;
    }
    return end;
  }
}

/** Returns the index of a hash's home slot, from which it is searched. */
function homeOf(high: number, homes: number): number {
  return 2 * Math.floor(high * (homes / 2 ** 32));
}

/**
 * Returns the array's length for `homes`, or for used slots up to `end`, with free slots behind for displaced hashes.
 */
function lengthFor(homes: number, end = 0): number {
  return Math.max(2 * homes, end) + 2 * (8 + (homes >>> 8));
}

/** Extends the array with zeros, in place if possible. */
function lengthened(words: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const bytes = length * words.BYTES_PER_ELEMENT;
  const { buffer } = words;
  if (buffer.resizable) {
    buffer.resize(bytes);
    return new Uint32Array(buffer);
  }
  const options = bytes > inPlace.minBytes ? { maxByteLength: inPlace.maxBytes } : undefined;
  const larger = new Uint32Array(new ArrayBuffer(bytes, options));
  larger.set(words);
  return larger;
}
