/**
 * MinHash and locality-sensitive hashing (Broder 1997; Indyk and Motwani 1998), which find candidates for near
 * duplicates.
 *
 * A signature is the 256 minima of the sequences' hashes under 256 permutations. Two documents agree in each of them
 * with probability J, their Jaccard similarity. The signature is split into b bands of r rows, and documents that
 * agree in a whole band are candidates: 1 - (1 - J^r)^b of the pairs. r is the largest that finds 97 % of the pairs
 * at the threshold.
 *
 * @module
 */
import { Random } from "../../base/random.ts";
import { finish, type Shingles } from "./shingles.ts";

const minima = 256;
const minRecall = 0.97;

/** The split of a signature. */
export interface Bands {
  /** Number of bands. */
  bands: number;
  /** Rows per band. */
  rows: number;
}

/** Returns the share of pairs of Jaccard similarity `j` that become candidates. */
export function recall({ bands, rows }: Bands, j: number): number {
  return 1 - (1 - j ** rows) ** bands;
}

/** Returns the bands for pairs of Jaccard similarity `j` and more. */
export function bandsFor(j: number): Bands {
  for (let rows = 32; rows > 1; rows--) {
    const bands = { bands: Math.floor(minima / rows), rows };
    if (recall(bands, j) >= minRecall) return bands;
  }
  return { bands: minima, rows: 1 };
}

const multipliers = new Uint32Array(minima);
const offsets = new Uint32Array(minima);

/** Returns one hash per band: equal when two documents agree in the whole band (and by chance once in 4 billion). */
export function bandHashes({ hashes }: Shingles, { bands, rows }: Bands): Uint32Array {
  if (multipliers[0] === 0) {
    const random = new Random(0x6d696e);
    for (let i = 0; i < minima; i++) [multipliers[i], offsets[i]] = [random.u32() | 1, random.u32()];
  }
  const result = new Uint32Array(bands);
  for (let band = 0; band < bands; band++) {
    let h = band;
    for (let row = band * rows; row < (band + 1) * rows; row++) {
      h = finish(h ^ minimum(hashes, multipliers[row], offsets[row]));
    }
    result[band] = h;
  }
  return result;
}

/** Returns the smallest hash under the permutation of a multiplier and an offset. */
function minimum(hashes: Uint32Array, multiplier: number, offset: number): number {
  let min = 0xffffffff;
  for (let i = 0; i < hashes.length; i++) {
    let h = Math.imul(hashes[i] ^ offset, multiplier);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = (h ^ (h >>> 12)) >>> 0;
    if (h < min) min = h;
  }
  return min;
}

/**
 * An index of documents by their bands, with a hash table per band; 15 to 25 bytes per band of a document, and up to
 * half as much again for one band while its table grows.
 */
export class BandIndex {
  readonly #bands: BandTable[];
  #documents = 0;

  /** Makes an empty index of documents with `bands` bands. */
  constructor(bands: number) {
    this.#bands = Array.from({ length: bands }, () => new BandTable());
  }

  /** Adds a document; documents are numbered from 0. */
  add(hashes: Uint32Array): void {
    const document = this.#documents++;
    hashes.forEach((hash, band) => this.#bands[band].add(hash, document));
  }

  /** Returns the documents that share a band with `hashes`, in ascending order. */
  candidates(hashes: Uint32Array): number[] {
    const found = new Set<number>();
    hashes.forEach((hash, band) => this.#bands[band].collect(hash, found));
    return [...found].sort((a, b) => a - b);
  }
}

/** The share of slots in use above which a table doubles. */
const maxLoad = 0.75;

/** The documents of one band by their hashes: an open table, whose home slots are as many as its slots. */
class BandTable {
  /** Hash of each slot, and its newest document (from 1; 0 for a free slot). */
  #keys = new Uint32Array(1 << 8);
  #heads = new Int32Array(1 << 8);
  /** The number of bits of a mixed hash below those that are its home slot. */
  #shift = 24;
  #used = 0;
  /** The document before, with the same hash, for each document. */
  #older = new Int32Array(1 << 8);

  add(hash: number, document: number): void {
    if (this.#used >= this.#keys.length * maxLoad) this.#grow();
    if (document >= this.#older.length) {
      const larger = new Int32Array(Math.ceil(this.#older.length * 1.5));
      larger.set(this.#older);
      this.#older = larger;
    }
    const slot = this.#slotOf(hash);
    if (this.#heads[slot] === 0) this.#used++;
    this.#keys[slot] = hash;
    this.#older[document] = this.#heads[slot];
    this.#heads[slot] = document + 1;
  }

  /** Adds the documents with this hash to `found`. */
  collect(hash: number, found: Set<number>): void {
    for (let at = this.#heads[this.#slotOf(hash)]; at > 0; at = this.#older[at - 1]) found.add(at - 1);
  }

  /** Returns the slot of a hash, or the free slot where it belongs; its home are the upper bits of the mixed hash. */
  #slotOf(hash: number): number {
    const mask = this.#keys.length - 1;
    let slot = Math.imul(hash, 0x9e3779b1) >>> this.#shift;
    while (this.#heads[slot] !== 0 && this.#keys[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const heads = this.#heads;
    this.#keys = new Uint32Array(keys.length * 2);
    this.#heads = new Int32Array(keys.length * 2);
    this.#shift--;
    heads.forEach((head, slot) => {
      if (head === 0) return;
      const to = this.#slotOf(keys[slot]);
      this.#keys[to] = keys[slot];
      this.#heads[to] = head;
    });
  }
}
