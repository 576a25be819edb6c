/**
 * Training of byte-pair encoding: the most frequent pair of neighbours is merged, again and again.
 *
 * Source: Sennrich et al. 2016. Counts are updated instead of recounted: a merge touches only the units with its pair.
 *
 * @module
 */
import { Heap } from "../heap.ts";
import { YieldTimer } from "../../base/event_loop.ts";
import { SPACE } from "../llama/pretokenize.ts";

/** Limits on learned pieces. */
interface PairRules {
  /** Length of the longest piece, in characters. */
  maxPieceLength: number;
  /** Texts that may not become pieces: special tokens and the names of bytes. */
  reserved: ReadonlySet<string>;
}

/** A pair of symbols that may be merged, with its count when it was queued. */
interface Candidate {
  left: number;
  right: number;
  count: number;
  piece: string;
  /** Length of the piece, in characters. */
  length: number;
}

/** More symbols than any vocabulary has, so that a pair is one number below 2^53: left * MAX_SYMBOLS + right. */
const MAX_SYMBOLS = 2 ** 22;

/** Units of text as sequences of symbols, with the count of every pair of neighbours. */
export class PairTable {
  #rules: PairRules;
  #symbols: string[] = [];
  #lengths: number[] = [];
  #ids = new Map<string, number>();
  #units: number[][] = [];
  #counts: number[] = [];
  #pairs = new Map<number, number>();
  /** The units that contain a pair, or contained it before a merge. */
  #unitsOfPair = new Map<number, number[]>();
  #queue = new Heap<Candidate>(comesFirst);

  private constructor(rules: PairRules) {
    this.#rules = rules;
  }

  /** Makes a table of `units` (text and number of occurrences), split into single characters. */
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
   * Merges the most frequent pair (ties: the shorter piece, then the smaller string) everywhere and returns the new
   * piece; undefined when no pair is left. A pair whose text is a piece already is merged too, as the encoder will do,
   * and the next pair follows.
   */
  learn(): string | undefined {
    for (let best = this.#queue.pop(); best !== undefined; best = this.#queue.pop()) {
      const key = best.left * MAX_SYMBOLS + best.right;
      const count = this.#pairs.get(key) ?? 0;
      if (count !== best.count) {
        // A count that rose was queued again at that time; one that fell is queued again here.
        if (count > 0 && count < best.count) this.#queue.push({ ...best, count });
        continue;
      }
      const known = this.#ids.has(best.piece);
      this.#merge(best, key);
      if (!known) return best.piece;
    }
  }

  #add(unit: string, count: number): void {
    this.#counts.push(count);
    this.#units.push(Array.from(unit, (char) => this.#symbol(char, 1)));
    this.#count(this.#units.length - 1, 1, () => true);
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

  /** Adds (`sign` 1) or removes (-1) the pairs of a unit; records the unit of those that are new to it. */
  #count(unit: number, sign: number, isNew: (left: number, right: number) => boolean): void {
    const symbols = this.#units[unit];
    const change = sign * this.#counts[unit];
    for (let i = 1; i < symbols.length; i++) {
      const left = symbols[i - 1];
      const right = symbols[i];
      const key = left * MAX_SYMBOLS + right;
      this.#pairs.set(key, (this.#pairs.get(key) ?? 0) + change);
      if (sign > 0 && isNew(left, right)) this.#recordUnit(key, unit);
    }
  }

  #recordUnit(key: number, unit: number): void {
    const units = this.#unitsOfPair.get(key);
    if (units === undefined) this.#unitsOfPair.set(key, [unit]);
    else if (units.at(-1) !== unit) units.push(unit);
  }

  #merge({ left, right, piece, length }: Candidate, key: number): void {
    const merged = this.#symbol(piece, length);
    const risen = new Set<number>();
    const isNew = (a: number, b: number) => {
      if (a !== merged && b !== merged) return false;
      risen.add(a * MAX_SYMBOLS + b);
      return true;
    };
    const units = this.#unitsOfPair.get(key) ?? [];
    this.#unitsOfPair.delete(key);
    for (const unit of units) {
      const shorter = replacePair(this.#units[unit], left, right, merged);
      if (shorter.length === this.#units[unit].length) continue;
      this.#count(unit, -1, isNew);
      this.#units[unit] = shorter;
      this.#count(unit, 1, isNew);
    }
    this.#pairs.delete(key);
    for (const pair of risen) this.#offer(pair);
  }

  /** Queues a pair if it may become a piece. */
  #offer(key: number): void {
    const left = Math.floor(key / MAX_SYMBOLS);
    const right = key % MAX_SYMBOLS;
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

/** Returns true when the merged piece is all U+2581 or has at most one, in front: "▁▁", "▁whale", not "▁▁whale". */
function spacesFit(left: string, right: string): boolean {
  if (right.startsWith(SPACE)) return left.endsWith(SPACE) && right.endsWith(SPACE);
  return left === SPACE || !left.endsWith(SPACE);
}

function comesFirst(a: Candidate, b: Candidate): boolean {
  if (a.count !== b.count) return a.count > b.count;
  if (a.length !== b.length) return a.length < b.length;
  return a.piece !== b.piece ? a.piece < b.piece : a.left < b.left;
}

function replacePair(symbols: number[], left: number, right: number, merged: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) out.push(merged), i++;
    else out.push(symbols[i]);
  }
  return out;
}
