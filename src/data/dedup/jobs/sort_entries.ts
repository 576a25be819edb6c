/**
 * Sorting of entries into the ranges of a file, within a budget of memory.
 *
 * Entries are collected until the budget is used, sorted by range (counting sort, which keeps the order within a range),
 * and written as one block.
 *
 * @module
 */
import type { RangeWriter } from "./range_file.ts";

/** A collector of entries of two words for a file. */
export class EntrySorter {
  readonly #file: RangeWriter;
  readonly #counts: Uint32Array;
  #ranges: Uint32Array;
  #words: Uint32Array;
  readonly #most: number;
  #size = 0;

  /** Makes a collector for a file with `ranges` ranges that holds at most `memory` bytes, at least 4,096 entries. */
  constructor(file: RangeWriter, ranges: number, memory: number) {
    this.#file = file;
    this.#counts = new Uint32Array(ranges + 1);
    this.#most = Math.max(1 << 12, Math.floor(memory / 26)); // 12 bytes, half as much to grow, 8 to sort
    this.#ranges = new Uint32Array(1 << 12);
    this.#words = new Uint32Array(1 << 13);
  }

  /** True when the budget is used and {@linkcode flush} should be called. */
  get isFull(): boolean {
    return this.#size >= this.#most;
  }

  /** Adds an entry. */
  add(range: number, first: number, second: number): void {
    if (this.#size === this.#ranges.length) this.#grow();
    this.#ranges[this.#size] = range;
    this.#words[2 * this.#size] = first;
    this.#words[2 * this.#size + 1] = second;
    this.#size++;
  }

  /** Writes the collected entries as a block. */
  async flush(): Promise<void> {
    const starts = this.#counts.fill(0);
    for (let i = 0; i < this.#size; i++) starts[this.#ranges[i] + 1]++;
    for (let range = 1; range < starts.length; range++) starts[range] += starts[range - 1];
    const sorted = new Uint32Array(2 * this.#size);
    for (let i = 0; i < this.#size; i++) {
      const to = starts[this.#ranges[i]]++;
      sorted[2 * to] = this.#words[2 * i];
      sorted[2 * to + 1] = this.#words[2 * i + 1];
    }
    // A range now starts where it ended: at the end of the one before it.
    for (let range = 0; range + 1 < starts.length; range++) {
      await this.#file.append(range, sorted.subarray(range ? 2 * starts[range - 1] : 0, 2 * starts[range]));
    }
    this.#size = 0;
  }

  #grow(): void {
    const length = Math.ceil(1.5 * this.#ranges.length);
    const ranges = new Uint32Array(length);
    const words = new Uint32Array(2 * length);
    ranges.set(this.#ranges);
    words.set(this.#words);
    this.#ranges = ranges;
    this.#words = words;
  }
}
