/**
 * The documents that stay in near deduplication, found by their bands and compared by their sequences.
 *
 * @module
 */
import { bandHashes, BandIndex, type Bands } from "./minhash_lsh.ts";
import { type Shingles, similarity } from "./shingles.ts";
import type { Sketch } from "./sketch.ts";

/** The condition under which two documents are near. */
export interface Nearness {
  /** Similarity of near documents. */
  threshold: number;
  /** Measure of similarity. */
  measure: "jaccard" | "containment";
}

/** The documents that stay. */
export class SeenSketches implements Disposable {
  /** Number of documents that stay. */
  size = 0;
  /** Number of compared pairs. */
  compared = 0;
  readonly #index: BandIndex;
  readonly #file = new ShingleFile();
  readonly #bands: Bands;
  readonly #options: Nearness;

  /** Makes an empty set; `measure` and `threshold` say which documents are near. */
  constructor(bands: Bands, options: Nearness) {
    this.#bands = bands;
    this.#options = options;
    this.#index = new BandIndex(bands.bands);
  }

  /** Adds a document unless it is near to one in the set; returns true when it was added. */
  addNew({ shingles, hashes: ready }: Sketch): boolean {
    if (shingles.hashes.length === 0) return true; // a text without words is near to nothing
    const { threshold, measure } = this.#options;
    const hashes = ready ?? bandHashes(shingles, this.#bands);
    const near = this.#index.candidates(hashes).some((candidate) => {
      this.compared++;
      const found = similarity(shingles, this.#file.at(candidate), measure);
      return measure === "jaccard" ? found >= threshold : found > threshold;
    });
    if (!near) this.#add(shingles, hashes);
    return !near;
  }

  /** Adds a document without comparing it. */
  add({ shingles, hashes }: Sketch): void {
    if (hashes) this.#add(shingles, hashes);
  }

  #add(shingles: Shingles, hashes: Uint32Array): void {
    this.size++;
    this.#index.add(hashes);
    this.#file.append(shingles);
  }

  /** Removes its temporary file. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** The sequences of many documents in a temporary file. */
export class ShingleFile implements Disposable {
  readonly #path = Deno.makeTempFileSync({ prefix: "llamero_shingles_" });
  readonly #file = Deno.openSync(this.#path, { read: true, write: true });
  /** First byte of each document's sequences, and the exponent of their sampling. */
  #starts = new Float64Array(1 << 8);
  #exponents = new Uint8Array(1 << 8);
  #count = 0;
  #end = 0;

  /** Appends the sequences of the next document. */
  append({ hashes, k }: Shingles): void {
    if (this.#count + 1 === this.#starts.length) {
      const larger = [new Float64Array(2 * this.#count), new Uint8Array(2 * this.#count)] as const;
      larger[0].set(this.#starts);
      larger[1].set(this.#exponents);
      [this.#starts, this.#exponents] = larger;
    }
    this.#exponents[this.#count] = k;
    this.#starts[++this.#count] = this.#end + hashes.byteLength;
    const bytes = new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength);
    this.#file.seekSync(this.#end, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    this.#end += bytes.length;
  }

  /** Reads the sequences of a document. */
  at(index: number): Shingles {
    const start = this.#starts[index];
    const hashes = new Uint32Array((this.#starts[index + 1] - start) / Uint32Array.BYTES_PER_ELEMENT);
    const bytes = new Uint8Array(hashes.buffer);
    this.#file.seekSync(start, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.readSync(bytes.subarray(done))!;
    return { hashes, k: this.#exponents[index] };
  }

  /** Removes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
    Deno.removeSync(this.#path);
  }
}
