/**
 * Generation on the GPU: a prompt goes through at once (prefill), then one token at a time (decode), with the keys and
 * values of all earlier positions kept in a cache.
 *
 * @module
 */
import { type Program, Recorder, Tensor } from "../gpu/mod.ts";
import { embedding, matmul } from "../ops/mod.ts";
import { Batch } from "./batch.ts";
import { llama } from "./llama.ts";
import type { ModelState } from "./state.ts";

interface Stage {
  batch: Batch;
  program: Program;
  logits: Tensor;
  /** [1] u32: the row whose logits are wanted. */
  last: Tensor;
}

/** The generating state of one sequence. */
export class Decoder {
  #model: ModelState;
  #cache: Tensor[];
  #stages: Map<number, Stage> = new Map();
  #past = 0;
  #owned: GPUBuffer[] = [];

  /** Allocates the cache: [context, 2 KV E] for each layer. */
  constructor(model: ModelState) {
    this.#model = model;
    const { dim, heads, kvHeads, layers, context } = model.config, cols = 2 * kvHeads * dim / heads;
    const rows = Math.ceil(context / 8) * 8;
    this.#cache = Array.from({ length: layers }, (_, l) => this.#tensor(`cache ${l}`, [rows, cols], "f32"));
  }

  #tensor(name: string, shape: number[], dtype: "f32" | "u32"): Tensor {
    const bytes = shape.reduce((a, b) => a * b, 1) * 4;
    const buffer = this.#model.device.buffer(`${this.#model.name}: generate ${name}`, bytes);
    this.#owned.push(buffer);
    return new Tensor(name, shape, dtype, { name, bytes, buffer, offset: 0 });
  }

  /** Positions in the cache. */
  get past(): number {
    return this.#past;
  }

  /** Adds tokens and gives the logits [V] after the last of them. */
  async feed(ids: ArrayLike<number>): Promise<Float32Array<ArrayBuffer>> {
    const { device, config } = this.#model;
    const stage = await this.#stage(ids.length === 1 ? 1 : bucket(ids.length, config.context));
    stage.batch.fill([{ ids, past: this.#past }]);
    device.write(stage.last.range().buffer, Uint32Array.of(ids.length - 1));
    stage.program.replay();
    this.#past += ids.length;
    const [logits] = await device.read([stage.logits.range()]);
    return new Float32Array(logits);
  }

  async #stage(length: number): Promise<Stage> {
    const known = this.#stages.get(length);
    if (known) return known;
    const { device, config, layout, angles, name } = this.#model, owner = `${name}: generate`;
    const batch = new Batch(device, owner, 1, length, config.vocabSize),
      last = this.#tensor("last", [1], "u32");
    const r = new Recorder(device, "all", false), weights = layout.views(this.#model);
    const { tokens, positions, spans } = batch, cache = { layers: this.#cache, slots: positions };
    const x = llama(r, weights, { tokens, positions, spans, angles, batch: 1, cache }, config);
    const row = length === 1 ? x : embedding(r, { ...tokens, ids: last }, x); // a row of x, looked up like an embedding
    const logits = r.tensor("logits", [1, config.vocabSize]);
    matmul(r, "nt", row, weights.output, logits);
    const stage = { batch, last, logits, program: await r.compile(owner, [logits]) };
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
    this.#owned = [];
  }
}

/** Lengths are rounded up to few sizes, so that programs are few: 32, 64, 128 ... and the context itself. */
export function bucket(length: number, context: number): number {
  let size = 32;
  while (size < length) size *= 2;
  return Math.min(size, context);
}
