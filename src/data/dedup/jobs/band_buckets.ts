/**
 * Job "buckets" of near deduplication: the documents that share a band, as pairs that hold each bucket together.
 *
 * A bucket is all documents with one hash in one band. Its first document is paired with each other one, so a bucket of
 * n documents gives n - 1 pairs. Documents are numbered over all units of input, in order. Memory: 11 to 22 bytes per
 * document and range, in several readings of the range when that is more than the budget.
 *
 * @module
 */
import type { Pass } from "../../plan/pass.ts";
import type { Bands } from "../minhash_lsh.ts";
import type { RemovalFile, SignatureSource } from "./hash_removals.ts";
import { RangeFile, writeRanges } from "./range_file.ts";
import { bandShape } from "./sketch_signatures.ts";

/** The shape of a file of pairs, all in one range: the first document of a bucket, and another one. */
export const pairShape: { width: 2; ranges: number } = { width: 2, ranges: 1 };

/** One range of hashes of one band, in all signatures. */
export interface BandRange {
  /** All units of input, in their order, those that count as seen before first. */
  units: readonly SignatureSource[];
  /** The bands. */
  bands: Bands;
  /** Number of ranges per band. */
  ranges: number;
  /** The range, from 0 to `bands.bands * ranges - 1`. */
  range: number;
}

/** Writes the pairs of a range. */
export async function writePairs(
  input: BandRange,
  { path, key, memory }: RemovalFile,
  pass: Pass,
): Promise<void> {
  const readings = Math.max(1, Math.ceil(22 * entriesIn(input) / memory));
  await writeRanges(path, key, pairShape, async (file) => {
    let pairs = 0;
    for (let reading = 0; reading < readings; reading++) {
      const heads = new Heads();
      let base = 0;
      for (const unit of input.units) {
        await pass.yieldToEventLoop();
        const found: number[] = [];
        eachBand(unit, input, (hash, document) => {
          if (hash % readings !== reading) return;
          const head = heads.first(hash, base + document);
          if (head !== base + document) found.push(head, base + document);
        });
        pairs += found.length / 2;
        await file.append(0, Uint32Array.from(found));
        base += unit.facts.documents;
      }
    }
    return { pairs };
  }, pass.signal);
}

function entriesIn(input: BandRange): number {
  return input.units.reduce((sum, unit) => {
    using file = open(unit, input);
    return sum + file.count(input.range);
  }, 0);
}

function eachBand(
  unit: SignatureSource,
  input: BandRange,
  use: (hash: number, document: number) => void,
): void {
  using file = open(unit, input);
  for (const words of file.read(input.range)) {
    for (let i = 0; i < words.length; i += 2) use(words[i], words[i + 1]);
  }
}

function open({ path, key }: SignatureSource, { bands, ranges }: BandRange): RangeFile {
  return RangeFile.open(`${path}.bands`, key, bandShape(bands, ranges));
}

/** The share of slots in use above which the table doubles. */
const maxLoad = 0.75;

/** The first document of each hash: an open table. */
class Heads {
  /** Hash of each slot, and its document (from 1; 0 for a free slot). */
  #keys = new Uint32Array(1 << 8);
  #documents = new Uint32Array(1 << 8);
  #shift = 24;
  #used = 0;

  /** Returns the first document that was given with this hash. */
  first(hash: number, document: number): number {
    if (this.#used >= this.#keys.length * maxLoad) this.#grow();
    const slot = this.#slotOf(hash);
    if (this.#documents[slot] === 0) {
      this.#used++;
      this.#keys[slot] = hash;
      this.#documents[slot] = document + 1;
    }
    return this.#documents[slot] - 1;
  }

  #slotOf(hash: number): number {
    const mask = this.#keys.length - 1;
    let slot = Math.imul(hash, 0x85ebca6b) >>> this.#shift;
    while (this.#documents[slot] !== 0 && this.#keys[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const documents = this.#documents;
    this.#keys = new Uint32Array(2 * keys.length);
    this.#documents = new Uint32Array(2 * keys.length);
    this.#shift--;
    documents.forEach((document, slot) => {
      if (document === 0) return;
      const to = this.#slotOf(keys[slot]);
      this.#keys[to] = keys[slot];
      this.#documents[to] = document;
    });
  }
}
