/**
 * Scores of sequences with common prefixes: one after another in alphabetical order of their ids, with the keys and values
 * of the prefix that each shares with the one before kept in a cache.
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import { outputLoss, upload } from "../../ops/mod.ts";
import { programPositions } from "../architecture/positions_at_once.ts";
import { runProgram } from "../exchange_rows.ts";
import { CachedSequence } from "../generation/sequence_cache.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import type { RowScore } from "./batch_scorer.ts";

/** Token ids, scored from `start` on. */
export interface Sequence {
  /** The ids. */
  ids: readonly number[];
  /** Index of the first id that is scored, at least 1. */
  start: number;
}

/** A sequence in prefix order. */
export interface OrderedSequence {
  /** Index of the sequence in the list that was ordered. */
  index: number;
  /** Number of its first ids that the sequence before it leaves in the cache. */
  reusedTokens: number;
}

/**
 * Orders sequences so that each shares a long prefix with the one before: the depth-first order of the tree of their
 * prefixes.
 */
export function prefixOrder(sequences: readonly Sequence[]): OrderedSequence[] {
  const order = [...sequences.keys()].sort((a, b) => compare(sequences[a].ids, sequences[b].ids));
  return order.map((index, n) => {
    const { ids, start } = sequences[index];
    const before = n > 0 ? sequences[order[n - 1]].ids : [];
    const max = Math.min(start - 1, before.length - 1); // the model never reads the last id of a sequence
    let reusedTokens = 0;
    while (reusedTokens < max && ids[reusedTokens] === before[reusedTokens]) reusedTokens++;
    return { index, reusedTokens };
  });
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** Positions of the longest program. [ours] */
const longestProgram = 2048;

/** The cache and the programs for sequences in prefix order. */
export class PrefixScorer {
  readonly #model: ModelState;
  readonly #scale: Tensor;
  readonly #sequence: CachedSequence<{ nll: Tensor; best: Tensor }>;

  /**
   * Allocates the cache for sequences of at most `length` ids: [2 length, 2 KV E] per layer, since padding may follow the
   * last position.
   */
  constructor(model: ModelHandle, length: number) {
    const state = stateOf(model);
    const keys = Math.ceil(length / 8) * 16;
    this.#model = state;
    this.#sequence = new CachedSequence(model, "score", keys, (r, x, { output }, { targets }) => {
      const nll = r.tensor("nll", [x.rows]);
      const best = r.tensor("best", [x.rows], "u32");
      const { vocabSize } = state.config;
      outputLoss(r, x, output, { targets, scale: this.#scale, nll, best, vocabSize });
      return { nll, best };
    });
    try {
      const one = { shape: [1], data: Float32Array.of(1) };
      this.#scale = upload(state.device, `${state.name}: score scale`, one);
    } catch (error) {
      this.#sequence.dispose();
      throw error;
    }
  }

  /** Scores a sequence. The result begins at the first id that is not reused. */
  async score({ ids, start }: Sequence, reusedTokens: number): Promise<RowScore> {
    const count = ids.length - 1 - reusedTokens; // the model never reads the last id
    const all = { nll: new Float32Array(count), best: new Uint32Array(count) };
    const { config, device } = this.#model;
    const longest = programPositions(config, device.limits, longestProgram);
    for (let done = 0; done < count;) {
      const cachedTokens = reusedTokens + done;
      const newIds = ids.slice(cachedTokens, -1).slice(0, longest);
      const length = Math.min(2 ** Math.ceil(Math.log2(newIds.length)), config.context);
      const { batch, program, outputs } = await this.#sequence.program(length);
      const targets = newIds.map((_, t) => cachedTokens + t + 1 < start ? -100 : ids[cachedTokens + t + 1]);
      batch.fill([{ ids: newIds, targets, cachedTokens }]);
      await runProgram(program, this.#model.group);
      const [nll, best] = await device.read([outputs.nll.range(), outputs.best.range()]);
      all.nll.set(new Float32Array(nll, 0, newIds.length), done);
      all.best.set(new Uint32Array(best, 0, newIds.length), done);
      done += newIds.length;
    }
    return all;
  }

  /** Frees cache and programs. */
  dispose(): void {
    this.#sequence.dispose();
    this.#model.device.free(this.#scale.range().buffer);
  }
}
