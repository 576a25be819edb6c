/**
 * A set of 64-bit hashes in typed arrays: 10 to 20 bytes a hash (8 at 40 to 80 % load).
 *
 * Open addressing with linear probing, in 64 parts by the upper bits, so that a part that grows copies a 64th of the set
 * and the peak stays close to the size.
 *
 * @module
 */

const parts = 64, firstSlots = 64, mostLoad = 0.8;

interface Part {
  /** Low and high word of each slot; 0, 0 is a free one. */
  words: Uint32Array<ArrayBuffer>;
  count: number;
}

function emptyPart(): Part {
  return { words: new Uint32Array(2 * firstSlots), count: 0 };
}

/** A set of hashes in memory. */
export class HashSet {
  #parts: Part[] = Array.from({ length: parts }, emptyPart);
  #size = 0;

  /** Number of hashes. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of its arrays. */
  get bytes(): number {
    return this.#parts.reduce((sum, { words }) => sum + words.byteLength, 0);
  }

  /** Adds a hash; false when it was there. */
  add(low: number, high: number): boolean {
    if (low === 0 && high === 0) low = 1;
    const part = this.#parts[high >>> 26];
    const at = slotOf(part.words, low, high);
    if (part.words[at] === low && part.words[at + 1] === high) return false;
    part.words[at] = low;
    part.words[at + 1] = high;
    this.#size++;
    if (++part.count * 2 > part.words.length * mostLoad) grow(part);
    return true;
  }

  /** Whether a hash is there. */
  has(low: number, high: number): boolean {
    if (low === 0 && high === 0) low = 1;
    const { words } = this.#parts[high >>> 26], at = slotOf(words, low, high);
    return words[at] === low && words[at + 1] === high;
  }

  /** Forgets everything. */
  clear(): void {
    this.#parts = Array.from({ length: parts }, emptyPart);
    this.#size = 0;
  }

  /** Gives the hashes in ascending order, as 64-bit words, a part after another, and forgets each as it goes. */
  *drain(): Generator<BigUint64Array<ArrayBuffer>> {
    for (const part of this.#parts) {
      const { words, count } = part,
        hashes = new BigUint64Array(count),
        halves = new Uint32Array(hashes.buffer);
      let to = 0;
      for (let slot = 0; slot < words.length; slot += 2) {
        if (words[slot] === 0 && words[slot + 1] === 0) continue;
        halves[to++] = words[slot];
        halves[to++] = words[slot + 1];
      }
      this.#size -= count;
      Object.assign(part, emptyPart());
      yield hashes.sort(); // the parts are in the order of the upper bits
    }
  }
}

/** The place of a hash, or the free one where it belongs. */
function slotOf(words: Uint32Array, low: number, high: number): number {
  const mask = words.length - 1;
  let at = (Math.imul(low ^ (high << 7), 0x9e3779b1) >>> 4 << 1) & mask;
  while ((words[at] !== low || words[at + 1] !== high) && (words[at] !== 0 || words[at + 1] !== 0)) {
    at = (at + 2) & mask;
  }
  return at;
}

function grow(part: Part): void {
  const { words } = part, larger = new Uint32Array(2 * words.length);
  for (let slot = 0; slot < words.length; slot += 2) {
    if (words[slot] === 0 && words[slot + 1] === 0) continue;
    const at = slotOf(larger, words[slot], words[slot + 1]);
    larger[at] = words[slot];
    larger[at + 1] = words[slot + 1];
  }
  part.words = larger;
}
