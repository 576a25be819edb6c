/**
 * A set of 64-bit hashes: 9 to 10 bytes a hash (8 at 80 to 90 % load).
 *
 * An ordered hash table (Amble & Knuth 1974): linear probing from a home that rises with the hash, the hashes in ascending
 * order. So a hash that is not there is missed after a few slots even in a full table, the set can be read in order, and it
 * grows in place: one array, of which more and more is used, instead of ever larger ones that are thrown away.
 *
 * @module
 */

const firstHomes = 56;
const mostLoad = 0.9;
const growth = 1.12;

/** An array above `least` bytes grows in place, in addresses that are set aside for `most`. */
const inPlace = { least: 1 << 16, most: 2 ** 34 };

/** A set of hashes in memory. An upper word of 0 counts as 1 (the free slots have it). */
export class HashSet {
  /** With more bytes than these it may not grow any further. */
  static readonly mostBytes: number = inPlace.most / 2;

  #homes = firstHomes;
  #size = 0;
  /** Low and high word of each slot; one whose high word is 0 is free, and the last one always is. */
  #words = new Uint32Array(lengthFor(firstHomes));

  /** Number of hashes. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of its array. */
  get bytes(): number {
    return this.#words.byteLength;
  }

  /** Adds a hash; false when it was there. */
  add(low: number, high: number): boolean {
    if (high === 0) high = 1;
    const words = this.#words;
    let at = this.#placeOf(low, high);
    if (words[at + 1] === high && words[at] === low) return false;
    do { // those behind it move on by a slot, up to a free one
      const nextLow = words[at];
      const nextHigh = words[at + 1];
      words[at] = low;
      words[at + 1] = high;
      low = nextLow;
      high = nextHigh;
      at += 2;
    } while (high !== 0);
    if (++this.#size > this.#homes * mostLoad) this.#layOut(Math.ceil(this.#homes * growth));
    else if (at === words.length) this.#layOut(this.#homes);
    return true;
  }

  /** Whether a hash is there. */
  has(low: number, high: number): boolean {
    if (high === 0) high = 1;
    const words = this.#words;
    const at = this.#placeOf(low, high);
    return words[at + 1] === high && words[at] === low;
  }

  /** Forgets everything and gives its memory back. */
  clear(): void {
    const { buffer } = this.#words;
    if (buffer.resizable) buffer.resize(0); // now, not when it is collected
    this.#words = new Uint32Array(lengthFor(firstHomes));
    this.#homes = firstHomes;
    this.#size = 0;
  }

  /** Gives the hashes in ascending order, as 64-bit words, `most` at a time, in an array that it uses again. */
  *sorted(most: number): Generator<BigUint64Array<ArrayBuffer>> {
    const words = this.#words;
    const hashes = new BigUint64Array(most);
    const halves = new Uint32Array(hashes.buffer);
    for (let left = this.#size, slot = 0; left > 0;) {
      const count = Math.min(left, most);
      left -= count;
      for (let to = 0; to < 2 * count; slot += 2) {
        if (words[slot + 1] === 0) continue;
        halves[to++] = words[slot];
        halves[to++] = words[slot + 1];
      }
      yield hashes.subarray(0, count);
    }
  }

  /** The place of a hash, or where it belongs. */
  #placeOf(low: number, high: number): number {
    const words = this.#words;
    let at = homeOf(high, this.#homes);
    let here = words[at + 1];
    while (here !== 0 && (here < high || (here === high && words[at] < low))) {
      at += 2;
      here = words[at + 1];
    }
    return at;
  }

  /** Moves all to where they belong with so many homes, first to the end, close together, so that none is in the way. */
  #layOut(homes: number): void {
    const used = this.#words.length;
    const words = this.#words = longer(this.#words, Math.max(used, lengthFor(homes, this.#endWith(homes))));
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

  /** Where the slots in use would end with so many homes. */
  #endWith(homes: number): number {
    const words = this.#words;
    let end = 0;
    for (let slot = 1; slot < words.length; slot += 2) {
      if (words[slot] !== 0) end = Math.max(end, homeOf(words[slot], homes)) + 2;
    }
    return end;
  }
}

/** Index of the low word of the slot that a hash is looked for from. */
function homeOf(high: number, homes: number): number {
  return 2 * Math.floor(high * (homes / 2 ** 32));
}

/** Words for so many homes, or for what ends behind them, with free slots at the end for what is crowded out. */
function lengthFor(homes: number, end = 0): number {
  return Math.max(2 * homes, end) + 2 * (8 + (homes >>> 8));
}

/** The array with zeros behind it. */
function longer(words: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const bytes = length * words.BYTES_PER_ELEMENT;
  const { buffer } = words;
  if (buffer.resizable) {
    buffer.resize(bytes);
    return new Uint32Array(buffer);
  }
  const options = bytes > inPlace.least ? { maxByteLength: inPlace.most } : undefined;
  const larger = new Uint32Array(new ArrayBuffer(bytes, options));
  larger.set(words);
  return larger;
}
