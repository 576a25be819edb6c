/**
 * Scoring of sequences that begin alike: one after another in alphabetical order of their ids, with the keys and values
 * of the beginning that they share with the one before kept in a cache (a walk over the tree of all prefixes).
 *
 * @module
 */
import { type Program, Recorder, Tensor } from "../gpu/mod.ts";
import { outputLoss, upload } from "../ops/mod.ts";
import { Batch } from "./batch.ts";
import { llama } from "./llama.ts";
import type { RowScore } from "./scorer.ts";
import type { ModelState } from "./state.ts";

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
export function walk(sequences: readonly Sequence[]): Visit[] {
  const order = [...sequences.keys()].sort((a, b) => compare(sequences[a].ids, sequences[b].ids));
  return order.map((index, n) => {
    const { ids, start } = sequences[index], before = n > 0 ? sequences[order[n - 1]].ids : [];
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

interface Stage {
  batch: Batch;
  program: Program;
  nll: Tensor;
  best: Tensor;
}

/** The cache and the programs of a walk. */
export class PrefixScorer {
  readonly #model: ModelState;
  readonly #cache: Tensor[];
  readonly #scale: Tensor;
  readonly #owned: GPUBuffer[] = [];
  readonly #stages = new Map<number, Stage>();

  /** Allocates the cache: [2 context, 2 KV E] for each layer, since padding may stand behind the context. */
  constructor(model: ModelState) {
    const { dim, heads, kvHeads, layers, context } = model.config, cols = 2 * kvHeads * dim / heads;
    const shape = [Math.ceil(context / 8) * 16, cols], bytes = shape[0] * cols * 4;
    this.#model = model;
    this.#scale = upload(model.device, "scale", { shape: [1], data: Float32Array.of(1) });
    this.#cache = Array.from({ length: layers }, (_, l) => {
      const name = `cache ${l}`, buffer = model.device.buffer(`${model.name}: score ${name}`, bytes);
      this.#owned.push(buffer);
      return new Tensor(name, shape, "f32", { name, bytes, buffer, offset: 0 });
    });
  }

  /** Scores a sequence of which `past` ids are in the cache; the result begins at the first that is not. */
  async score({ ids, start }: Sequence, past: number): Promise<RowScore> {
    const fed = ids.slice(past, -1), stage = await this.#stage(fed.length);
    const targets = fed.map((_, t) => past + t + 1 < start ? -100 : ids[past + t + 1]);
    stage.batch.fill([{ ids: fed, targets, past }]);
    stage.program.replay();
    const [nll, best] = await this.#model.device.read([stage.nll.range(), stage.best.range()]);
    return { nll: new Float32Array(nll), best: new Uint32Array(best) };
  }

  async #stage(least: number): Promise<Stage> {
    let length = 1;
    while (length < least) length *= 2;
    length = Math.min(length, this.#model.config.context);
    const known = this.#stages.get(length);
    if (known) return known;
    const { device, config, layout, angles, name } = this.#model, owner = `${name}: score`;
    const batch = new Batch(device, owner, 1, length, config.vocabSize);
    const r = new Recorder(device, "all", false), weights = layout.views(this.#model);
    const { tokens, positions, spans, targets } = batch, cache = { layers: this.#cache, slots: positions };
    const x = llama(r, weights, { tokens, positions, spans, angles, batch: 1, cache }, config);
    const nll = r.tensor("nll", [x.rows]), best = r.tensor("best", [x.rows], "u32");
    outputLoss(r, x, weights.output, { targets, scale: this.#scale, nll, best });
    const stage = { batch, nll, best, program: await r.compile(owner, [nll, best]) };
    this.#stages.set(length, stage);
    this.#model.program = stage.program;
    return stage;
  }

  /** Gives cache and programs back. */
  dispose(): void {
    for (const { batch, program } of this.#stages.values()) {
      batch.dispose();
      program.dispose();
    }
    this.#stages.clear();
    for (const buffer of this.#owned) this.#model.device.free(buffer);
    this.#model.device.free(this.#scale.range().buffer);
  }
}
