/**
 * Byte-pair encoding, the applying half: of all neighbours that may be joined, join the pair of lowest rank, the
 * leftmost first, until none is left. A heap keeps this at n log n, so that a megabyte without a space is no trap.
 *
 * @module
 */
import { Heap } from "../heap.ts";

/** More than the characters of any string; rank * SPAN + position is exact for 8 million ranks. */
const SPAN = 2 ** 30;

/** One join. */
export interface Merge {
  /** Ids of the two parts. */
  left: number;
  /** Id of the right part. */
  right: number;
  /** Id of the whole. */
  whole: number;
}

/** Joins characters to pieces. */
export class Bpe {
  #characters: Map<string, number>;
  #unknown: (char: string) => readonly number[];
  #ranks = new Map<number, number>();
  #wholes: number[];
  #size: number;

  /**
   * @param characters ids of the single characters
   * @param merges in the order of their rank
   * @param size number of ids
   * @param unknown ids of a character without a piece; they are never joined
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

  /** Ids of one word. */
  word(text: string): number[] {
    const ids: number[] = [];
    for (const char of text) {
      const id = this.#characters.get(char);
      if (id === undefined) ids.push(...this.#unknown(char));
      else ids.push(id);
    }
    return ids.length > 1 ? this.#join(ids) : ids;
  }

  /** `ids[i] = -1` marks what was swallowed; `next` and `before` link the rest. No key of `#ranks` holds a -1. */
  #join(ids: number[]): number[] {
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
      const swallowed = next[at];
      ids[at] = this.#wholes[rank];
      ids[swallowed] = -1;
      next[at] = next[swallowed];
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
