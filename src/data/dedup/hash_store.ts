/**
 * A set of 64-bit hashes that spills to disk: memory stays within a budget, plus about 1.3 bytes per spilled hash.
 *
 * A set in memory that has grown to the budget is written to disk as one sorted run. A run is searched only when its
 * Bloom filter (Bloom 1970; 10 bits per hash, 1 % false positives) allows it, with one read of 4 KiB.
 *
 * @module
 */
import { HashSet } from "./hash_set.ts";

const blockHashes = 512;
const bloomBits = 10;
const bloomProbes = 7;

/** A set of hashes of any size. */
export class HashStore {
  readonly #set = new HashSet();
  readonly #memory: number;
  #runs: Run[] = [];
  #folder?: string;

  /** Makes an empty set with at most `memory` bytes of tables; the filters of spilled hashes need further memory. */
  constructor(memory: number) {
    this.#memory = Math.min(memory, HashSet.maxBytes);
  }

  /** Number of hashes. */
  get size(): number {
    return this.#runs.reduce((sum, { size }) => sum + size, this.#set.size);
  }

  /** Number of hashes on disk. */
  get spilled(): number {
    return this.size - this.#set.size;
  }

  /** Adds a hash; returns false when it was there. */
  add(low: number, high: number): boolean {
    if (this.#runs.some((run) => run.has(low, high)) || !this.#set.add(low, high)) return false;
    if ((this.#set.size & 0xfff) === 0 && this.#set.bytes > this.#memory) this.#spill();
    return true;
  }

  /** Returns true for a hash in the set. */
  has(low: number, high: number): boolean {
    return this.#set.has(low, high) || this.#runs.some((run) => run.has(low, high));
  }

  /** Removes all hashes and the files on disk. */
  clear(): void {
    this.#set.clear();
    for (const run of this.#runs) run.close();
    this.#runs = [];
    if (this.#folder !== undefined) Deno.removeSync(this.#folder, { recursive: true });
    this.#folder = undefined;
  }

  #spill(): void {
    this.#folder ??= Deno.makeTempDirSync({ prefix: "llamero_hashes_" });
    this.#runs.push(new Run(`${this.#folder}/${this.#runs.length}`, this.#set));
    this.#set.clear();
  }
}

/** A sorted run of hashes in a file. */
class Run {
  readonly size: number;
  readonly #file: Deno.FsFile;
  readonly #firsts: BigUint64Array;
  readonly #bloom: Uint32Array;
  readonly #block = new BigUint64Array(blockHashes);
  #loaded = -1;

  /** Writes the hashes of `set` to `path`. */
  constructor(path: string, set: HashSet) {
    this.size = set.size;
    this.#firsts = new BigUint64Array(Math.ceil(set.size / blockHashes));
    this.#bloom = new Uint32Array(Math.ceil(set.size * bloomBits / 32));
    this.#file = Deno.openSync(path, { read: true, write: true, create: true, truncate: true });
    let at = 0;
    for (const hashes of set.sorted(1 << 14)) {
      const halves = new Uint32Array(hashes.buffer);
      const bytes = new Uint8Array(hashes.buffer, 0, hashes.byteLength);
      for (let i = 0; i < hashes.length; i++, at++) {
        if (at % blockHashes === 0) this.#firsts[at / blockHashes] = hashes[i];
        this.#probe(halves[2 * i], halves[2 * i + 1], true);
      }
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    }
  }

  has(low: number, high: number): boolean {
    if (high === 0) high = 1; // as in HashSet
    if (!this.#probe(low, high, false)) return false;
    const hash = (BigInt(high) << 32n) | BigInt(low);
    const index = below(this.#firsts, hash, this.#firsts.length);
    if (index < 0) return false;
    const count = Math.min(blockHashes, this.size - index * blockHashes);
    this.#load(index, count);
    const at = below(this.#block, hash, count);
    return at >= 0 && this.#block[at] === hash;
  }

  close(): void {
    this.#file.close();
  }

  #load(index: number, count: number): void {
    if (this.#loaded === index) return;
    this.#file.seekSync(index * blockHashes * 8, Deno.SeekMode.Start);
    const bytes = new Uint8Array(this.#block.buffer, 0, count * 8);
    for (let done = 0; done < bytes.length;) done += this.#file.readSync(bytes.subarray(done))!;
    this.#loaded = index;
  }

  /** Sets the bits of a hash, or returns true when all of them are set. */
  #probe(low: number, high: number, set: boolean): boolean {
    const bits = this.#bloom.length * 32;
    for (let i = 0, h = low; i < bloomProbes; i++, h = (h + (high | 1)) >>> 0) {
      const bit = h % bits;
      if (set) this.#bloom[bit >>> 5] |= 1 << (bit & 31);
      else if ((this.#bloom[bit >>> 5] & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** Returns the index of the last of the first `count` values that is not above `value`; -1 when all are. */
function below(values: BigUint64Array, value: bigint, count: number): number {
  let low = -1;
  let high = count - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
