/**
 * A set of 64-bit hashes in typed arrays: 11 to 12 bytes a hash (8 at 64 to 80 % load).
 *
 * Open addressing with linear probing, in 64 parts by the upper bits. A part grows by a quarter, and as the parts begin
 * with different sizes they grow one after another: a growth copies a 64th of the set, and never do all of them stand half
 * empty.
 *
 * @module
 */

const parts = 64, firstSlots = 64, mostLoad = 0.8, growth = 1.25;

interface Part {
  /** Low and high word of each slot; 0, 0 is a free one. */
  words: Uint32Array<ArrayBuffer>;
  count: number;
}

function emptyPart(index: number): Part {
  return { words: new Uint32Array(2 * Math.round(firstSlots * growth ** (index / parts))), count: 0 };
}

function emptyParts(): Part[] {
  return Array.from({ length: parts }, (_, index) => emptyPart(index));
}

/** A set of hashes in memory. */
export class HashSet {
  #parts = emptyParts();
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
    this.#parts = emptyParts();
    this.#size = 0;
  }

  /** Gives the hashes in ascending order, as 64-bit words, a part after another, and forgets each as it goes. */
  *drain(): Generator<BigUint64Array<ArrayBuffer>> {
    for (const [index, part] of this.#parts.entries()) {
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
      Object.assign(part, emptyPart(index));
      yield hashes.sort(); // the parts are in the order of the upper bits
    }
  }
}

/** The place of a hash, or the free one where it belongs. */
function slotOf(words: Uint32Array, low: number, high: number): number {
  const slots = words.length / 2, mixed = Math.imul(low ^ (high << 7), 0x9e3779b1) >>> 0;
  let at = 2 * Math.floor(mixed * slots / 2 ** 32);
  while ((words[at] !== low || words[at + 1] !== high) && (words[at] !== 0 || words[at + 1] !== 0)) {
    at += 2;
    if (at === words.length) at = 0;
  }
  return at;
}

function grow(part: Part): void {
  const { words } = part, larger = new Uint32Array(2 * Math.ceil(words.length / 2 * growth));
  for (let slot = 0; slot < words.length; slot += 2) {
    if (words[slot] === 0 && words[slot + 1] === 0) continue;
    const at = slotOf(larger, words[slot], words[slot + 1]);
    larger[at] = words[slot];
    larger[at + 1] = words[slot + 1];
  }
  part.words = larger;
}
