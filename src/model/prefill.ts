/**
 * Prefill: the keys and values of a prompt, many positions at a time. What a prompt has in common with the beginning of
 * the one before is not put through again: samples of one prompt and few-shot prompts cost little more than one.
 *
 * @module
 */
import { type Program, Recorder, Tensor } from "../gpu/mod.ts";
import { Batch } from "./batch.ts";
import { llama } from "./llama.ts";
import type { ModelState } from "./state.ts";

/** Shortest program; others are twice, four times ... as long, so that programs are few. */
const shortest = 32;

interface Stage {
  batch: Batch;
  program: Program;
}

/** The keys and values of one sequence. */
export class Prefill {
  /** [keys, 2 KV E] for each layer. */
  readonly cache: Tensor[];
  /** Places in the cache: more than asked for, since padding may stand behind the last position. */
  readonly keys: number;
  /** Positions put through so far. */
  fed = 0;
  readonly #model: ModelState;
  readonly #owned: GPUBuffer[] = [];
  readonly #stages = new Map<number, Stage>();
  #held: Uint32Array = new Uint32Array();

  /** Allocates the cache for `length` positions. */
  constructor(model: ModelState, length: number) {
    const { dim, heads, kvHeads, layers } = model.config, cols = 2 * kvHeads * dim / heads;
    this.#model = model;
    this.keys = Math.ceil(length / 8) * 8 + shortest;
    const shape = [this.keys, cols], bytes = this.keys * cols * 4;
    this.cache = Array.from({ length: layers }, (_, l) => {
      const name = `cache ${l}`, buffer = model.device.buffer(`${model.name}: generate ${name}`, bytes);
      this.#owned.push(buffer);
      return new Tensor(name, shape, "f32", { name, bytes, buffer, offset: 0 });
    });
  }

  /** Makes the first `ids.length` places hold the keys and values of these ids. */
  async hold(ids: Uint32Array): Promise<void> {
    let past = 0;
    while (past < ids.length && ids[past] === this.#held[past]) past++;
    this.fed += ids.length - past;
    this.#held = ids.slice();
    while (past < ids.length) {
      const length = this.#piece(ids.length - past, past), part = ids.subarray(past, past + length);
      const { batch, program } = await this.#stage(length);
      batch.fill([{ ids: part, past }]);
      program.replay();
      past += part.length;
    }
  }

  /** The shortest program that takes all that is left, or the longest that does not go beyond the cache. */
  #piece(left: number, past: number): number {
    let length = shortest;
    while (length < left && past + 2 * length <= this.keys) length *= 2;
    return length;
  }

  async #stage(length: number): Promise<Stage> {
    const known = this.#stages.get(length);
    if (known) return known;
    const { device, config, layout, angles, name } = this.#model, owner = `${name}: prefill`;
    const batch = new Batch(device, owner, 1, length, config.vocabSize);
    const r = new Recorder(device, "all", false), { tokens, positions, spans } = batch;
    const cache = { layers: this.cache, slots: positions };
    llama(r, layout.views(this.#model), { tokens, positions, spans, angles, batch: 1, cache }, config);
    const last = r.calls.findLastIndex(({ args }) => args.cache !== undefined);
    r.calls.splice(last + 1); // only what fills the cache is wanted, not what the last layer makes of it
    const stage = { batch, program: await r.compile(owner) };
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
    for (const buffer of this.#owned.splice(0)) this.#model.device.free(buffer);
  }
}
