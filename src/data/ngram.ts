/**
 * N-gram models with interpolated Kneser-Ney smoothing (Kneser and Ney 1995; Chen and Goodman 1999): the tables that
 * a neural model has to beat.
 *
 *     p(w | h) = max(c(h w) - d, 0) / c(h) + d n(h) / c(h) p'(w | h')
 *
 * where h' is h without its first token, n(h) the number of different tokens seen after h, and p' counts in how many
 * different contexts w was seen instead of how often. Below the unigram stands the uniform distribution, so that every
 * token has a probability; the probabilities after any context sum to 1. d = n1 / (n1 + 2 n2) of each order.
 *
 * @module
 */
import { ConfigError, DataError } from "../base/errors.ts";

/** What was counted after one context. */
interface Followers {
  total: number;
  counts: Map<number, number>;
}

/** A table of what follows what. Tokens are ids below `vocabSize`. */
export class NgramModel {
  #tables: Map<string, Followers>[];
  #discounts: number[];

  private constructor(
    /** Longest sequence counted: 1 for a unigram table, 2 for a bigram table. */
    readonly order: number,
    /** Ids that can occur. */
    readonly vocabSize: number,
    tables: Map<string, Followers>[],
  ) {
    this.#tables = tables;
    this.#discounts = tables.map(discount);
  }

  /**
   * Counts sequences of ids.
   *
   * @throws {DataError} when there is nothing to count
   */
  static train(
    sequences: Iterable<ArrayLike<number>>,
    options: { order: number; vocabSize: number },
  ): NgramModel {
    const { order, vocabSize } = options;
    if (!Number.isInteger(order) || order < 1) {
      throw new ConfigError(
        `Cannot train an n-gram model: order must be a whole number of at least 1, current value is ${order}`,
      );
    }
    const tables = Array.from({ length: order }, () => new Map<string, Followers>());
    for (const ids of sequences) {
      for (let i = order - 1; i < ids.length; i++) {
        count(tables[order - 1], history(ids, i, order - 1), ids[i]);
      }
    }
    if (tables[order - 1].size === 0) {
      throw new DataError("Cannot train an n-gram model: there are no tokens");
    }
    for (let n = order - 1; n > 0; n--) continueInto(tables[n], tables[n - 1]);
    return new NgramModel(order, vocabSize, tables);
  }

  /** log p(ids[at] | the tokens before it), in nats. */
  logProb(ids: ArrayLike<number>, at: number): number {
    let p = 1 / this.vocabSize;
    for (let n = 0; n < this.order; n++) {
      if (n > at) break;
      const seen = this.#tables[n].get(history(ids, at, n));
      if (!seen) continue;
      const d = this.#discounts[n], own = Math.max((seen.counts.get(ids[at]) ?? 0) - d, 0);
      p = own / seen.total + d * seen.counts.size / seen.total * p;
    }
    return Math.log(p);
  }
}

function history(ids: ArrayLike<number>, at: number, length: number): string {
  let key = "";
  for (let i = at - length; i < at; i++) key += `${ids[i]},`;
  return key;
}

function count(table: Map<string, Followers>, key: string, token: number, times = 1): void {
  let seen = table.get(key);
  if (!seen) table.set(key, seen = { total: 0, counts: new Map() });
  seen.total += times;
  seen.counts.set(token, (seen.counts.get(token) ?? 0) + times);
}

/** Counts of the lower order: in how many different contexts a token was seen. */
function continueInto(upper: Map<string, Followers>, lower: Map<string, Followers>): void {
  for (const [key, { counts }] of upper) {
    const shorter = key.slice(key.indexOf(",") + 1);
    for (const token of counts.keys()) count(lower, shorter, token);
  }
}

/** Ney, Essen and Kneser 1994: from the number of things seen once and twice. */
function discount(table: Map<string, Followers>): number {
  let once = 0, twice = 0;
  for (const { counts } of table.values()) {
    for (const c of counts.values()) {
      if (c === 1) once++;
      else if (c === 2) twice++;
    }
  }
  return once && twice ? once / (once + 2 * twice) : 0.5;
}
