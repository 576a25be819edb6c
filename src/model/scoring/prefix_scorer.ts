/**
 * Scoring of sequences that begin alike: one after another in alphabetical order of their ids, with the keys and values
 * of the beginning that they share with the one before kept in a cache (a walk over the tree of all prefixes).
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import { outputLoss, upload } from "../../ops/mod.ts";
import { CachedSequence } from "../generation/sequence_cache.ts";
import type { RowScore } from "./batch_scorer.ts";
import type { ModelState } from "../model_state.ts";

/** Token ids, of which those from `start` on are scored. */
export interface Sequence {
  /** The ids. */
  ids: readonly number[];
  /** Place of the first one that is scored, at least 1. */
  start: number;
}

/** A sequence in the order of the walk. */
export interface Visit {
  /** Its number. */
  index: number;
  /** How many of its ids are in the cache by then. */
  past: number;
}

/** The walk: which sequence follows which, and how much of each need not be put through again. */
export function prefixOrder(sequences: readonly Sequence[]): Visit[] {
  const order = [...sequences.keys()].sort((a, b) => compare(sequences[a].ids, sequences[b].ids));
  return order.map((index, n) => {
    const { ids, start } = sequences[index];
    const before = n > 0 ? sequences[order[n - 1]].ids : [];
    const most = Math.min(start - 1, before.length - 1); // the last id of a sequence is never put through
    let past = 0;
    while (past < most && ids[past] === before[past]) past++;
    return { index, past };
  });
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** The cache and the programs of a walk. */
export class PrefixScorer {
  readonly #model: ModelState;
  readonly #scale: Tensor;
  readonly #sequence: CachedSequence<{ nll: Tensor; best: Tensor }>;

  /** Allocates the cache: [2 context, 2 KV E] for each layer, since padding may stand behind the context. */
  constructor(model: ModelState) {
    const keys = Math.ceil(model.config.context / 8) * 16;
    this.#model = model;
    this.#scale = upload(model.device, "scale", { shape: [1], data: Float32Array.of(1) });
    this.#sequence = new CachedSequence(model, "score", keys, (r, x, { output }, { targets }) => {
      const nll = r.tensor("nll", [x.rows]);
      const best = r.tensor("best", [x.rows], "u32");
      outputLoss(r, x, output, { targets, scale: this.#scale, nll, best });
      return { nll, best };
    });
  }

  /** Scores a sequence of which `past` ids are in the cache; the result begins at the first that is not. */
  async score({ ids, start }: Sequence, past: number): Promise<RowScore> {
    const fed = ids.slice(past, -1);
    const length = Math.min(2 ** Math.ceil(Math.log2(fed.length)), this.#model.config.context);
    const { batch, program, outputs } = await this.#sequence.program(length);
    const targets = fed.map((_, t) => past + t + 1 < start ? -100 : ids[past + t + 1]);
    batch.fill([{ ids: fed, targets, cachedTokens: past }]);
    program.replay();
    const [nll, best] = await this.#model.device.read([outputs.nll.range(), outputs.best.range()]);
    return { nll: new Float32Array(nll), best: new Uint32Array(best) };
  }

  /** Gives cache and programs back. */
  dispose(): void {
    this.#sequence.dispose();
    this.#model.device.free(this.#scale.range().buffer);
  }
}
