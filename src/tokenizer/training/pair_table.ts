/**
 * Byte-pair encoding, the learning half (Sennrich et al. 2016): join the most frequent pair of neighbours, again and
 * again. Counts are kept up to date instead of being made anew: a join touches only the units that hold the pair.
 *
 * @module
 */
import { Heap } from "../heap.ts";
import { YieldTimer } from "../../base/event_loop.ts";
import { SPACE } from "../llama/pretokenize.ts";

/** What pieces may be learned. */
export interface PairRules {
  /** The longest piece, in characters. */
  maxPieceLength: number;
  /** Pieces that must not come into being: special tokens and the names of bytes. */
  reserved: ReadonlySet<string>;
}

/** A pair of symbols that may be joined, with the count it had when it was queued. */
interface Candidate {
  left: number;
  right: number;
  count: number;
  piece: string;
  /** In characters. */
  length: number;
}

/** More symbols than any vocabulary has; a pair is one number below 2^53. */
const SYMBOLS = 2 ** 22;

/** Units of text as sequences of symbols, and the number of every pair of neighbours in them. */
export class PairTable {
  #rules: PairRules;
  #symbols: string[] = [];
  #lengths: number[] = [];
  #ids = new Map<string, number>();
  #units: number[][] = [];
  #counts: number[] = [];
  #pairs = new Map<number, number>();
  /** The units in which a pair has stood; some may have lost it since. */
  #places = new Map<number, number[]>();
  #queue = new Heap<Candidate>(comesFirst);

  private constructor(rules: PairRules) {
    this.#rules = rules;
  }

  /** Reads `units` (text and number of occurrences) as single characters. */
  static async of(
    units: Map<string, number>,
    rules: PairRules,
    timer = new YieldTimer(),
  ): Promise<PairTable> {
    const table = new PairTable(rules);
    for (const [unit, count] of units) {
      table.#add(unit, count);
      if (timer.due()) await timer.yieldToEventLoop();
    }
    for (const key of table.#pairs.keys()) table.#offer(key);
    return table;
  }

  /**
   * Joins the most frequent pair (ties: the shorter piece, then the smaller string) everywhere and returns the new
   * piece; undefined when no pair is left. A pair that spells a piece already known is joined without a new piece,
   * as the encoder will do.
   */
  learn(): string | undefined {
    for (let best = this.#queue.pop(); best !== undefined; best = this.#queue.pop()) {
      const key = best.left * SYMBOLS + best.right;
      const count = this.#pairs.get(key) ?? 0;
      if (count !== best.count) {
        // Counts that rose were queued again when they did; one that fell waits for its new turn.
        if (count > 0 && count < best.count) this.#queue.push({ ...best, count });
        continue;
      }
      const known = this.#ids.has(best.piece);
      this.#join(best, key);
      if (!known) return best.piece;
    }
  }

  #add(unit: string, count: number): void {
    this.#counts.push(count);
    this.#units.push(Array.from(unit, (char) => this.#symbol(char, 1)));
    this.#tally(this.#units.length - 1, 1, () => true);
  }

  #symbol(text: string, length: number): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#symbols.push(text) - 1;
      this.#lengths.push(length);
      this.#ids.set(text, id);
    }
    return id;
  }

  /** Adds (`sign` 1) or removes (-1) the pairs of a unit; notes the place of those that are `fresh` in it. */
  #tally(unit: number, sign: number, fresh: (left: number, right: number) => boolean): void {
    const symbols = this.#units[unit];
    const change = sign * this.#counts[unit];
    for (let i = 1; i < symbols.length; i++) {
      const left = symbols[i - 1];
      const right = symbols[i];
      const key = left * SYMBOLS + right;
      this.#pairs.set(key, (this.#pairs.get(key) ?? 0) + change);
      if (sign > 0 && fresh(left, right)) this.#place(key, unit);
    }
  }

  #place(key: number, unit: number): void {
    const places = this.#places.get(key);
    if (places === undefined) this.#places.set(key, [unit]);
    else if (places.at(-1) !== unit) places.push(unit);
  }

  #join({ left, right, piece, length }: Candidate, key: number): void {
    const joined = this.#symbol(piece, length);
    const risen = new Set<number>();
    const fresh = (a: number, b: number) => {
      if (a !== joined && b !== joined) return false;
      risen.add(a * SYMBOLS + b);
      return true;
    };
    const places = this.#places.get(key) ?? [];
    this.#places.delete(key);
    for (const unit of places) {
      const shorter = replacePair(this.#units[unit], left, right, joined);
      if (shorter.length === this.#units[unit].length) continue;
      this.#tally(unit, -1, fresh);
      this.#units[unit] = shorter;
      this.#tally(unit, 1, fresh);
    }
    this.#pairs.delete(key);
    for (const pair of risen) this.#offer(pair);
  }

  /** Queues a pair if it may become a piece. */
  #offer(key: number): void {
    const left = Math.floor(key / SYMBOLS);
    const right = key % SYMBOLS;
    const count = this.#pairs.get(key) ?? 0;
    const a = this.#symbols[left];
    const b = this.#symbols[right];
    const piece = a + b;
    const length = this.#lengths[left] + this.#lengths[right];
    if (count <= 0 || length > this.#rules.maxPieceLength) return;
    if (!spacesFit(a, b) || this.#rules.reserved.has(piece)) return;
    this.#queue.push({ left, right, count, piece, length });
  }
}

/** U+2581 opens a piece or fills it: "▁whale" and "▁▁" are pieces, "▁▁whale" is not. */
function spacesFit(left: string, right: string): boolean {
  if (right.startsWith(SPACE)) return left.endsWith(SPACE) && right.endsWith(SPACE);
  return left === SPACE || !left.endsWith(SPACE);
}

function comesFirst(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.length !== b.length) return a.length < b.length;
  return a.piece !== b.piece ? a.piece < b.piece : a.left < b.left;
}

function replacePair(symbols: number[], left: number, right: number, joined: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) out.push(joined), i++;
    else out.push(symbols[i]);
  }
  return out;
}
