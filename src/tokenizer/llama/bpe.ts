/**
 * Byte-pair encoding of a text: merges the neighbours of lowest rank, the leftmost first, until no merge applies.
 *
 * A heap keeps this at n log n, also for a megabyte without a space.
 *
 * @module
 */
import { Heap } from "../heap.ts";

/** More than the characters of any string; rank * SPAN + position is an exact number for 8 million ranks. */
const SPAN = 2 ** 30;

/** A merge of two tokens. */
export interface Merge {
  /** Id of the left part. */
  left: number;
  /** Id of the right part. */
  right: number;
  /** Id of the whole. */
  whole: number;
}

/** An encoder of words by merges. */
export class Bpe {
  #characters: Map<string, number>;
  #unknown: (char: string) => readonly number[];
  #ranks = new Map<number, number>();
  #wholes: number[];
  #size: number;

  /**
   * Makes an encoder.
   *
   * @param characters ids of the single characters
   * @param merges the merges by rank
   * @param size number of ids
   * @param unknown returns the ids of a character without a piece; they are never merged
   */
  constructor(
    characters: Map<string, number>,
    merges: readonly Merge[],
    size: number,
    unknown: (char: string) => readonly number[],
  ) {
    this.#characters = characters;
    this.#unknown = unknown;
    this.#size = size;
    merges.forEach(({ left, right }, rank) => this.#ranks.set(left * size + right, rank));
    this.#wholes = merges.map((merge) => merge.whole);
  }

  /** Encodes one word. */
  word(text: string): number[] {
    const ids: number[] = [];
    for (const char of text) {
      const id = this.#characters.get(char);
      if (id === undefined) ids.push(...this.#unknown(char));
      else ids.push(id);
    }
    return ids.length > 1 ? this.merge(ids) : ids;
  }

  /**
   * Applies every merge to `ids`, which are changed. `ids[i] = -1` marks a right part that was merged; `next` and `before` link the others. No key
   * of `#ranks` is made from a -1.
   */
  merge(ids: number[]): number[] {
    const end = ids.length;
    const next: number[] = [];
    const before: number[] = [];
    const heap = new Heap<number>(isLess);
    const rankAt = (at: number) => this.#ranks.get(ids[at] * this.#size + ids[next[at]]);
    const offer = (at: number) => {
      const rank = at < 0 ? undefined : rankAt(at);
      if (rank !== undefined) heap.push(rank * SPAN + at);
    };
    for (let at = 0; at < end; at++) next.push(at + 1), before.push(at - 1);
    for (let at = 0; at < end - 1; at++) offer(at);
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const rank = Math.floor(top / SPAN);
      const at = top % SPAN;
      if (rankAt(at) !== rank) continue;
      const merged = next[at];
      ids[at] = this.#wholes[rank];
      ids[merged] = -1;
      next[at] = next[merged];
      if (next[at] < end) before[next[at]] = at;
      offer(at);
      offer(before[at]);
    }
    return ids.filter((id) => id >= 0);
  }
}

function isLess(a: number, b: number): boolean {
  return a < b;
}
