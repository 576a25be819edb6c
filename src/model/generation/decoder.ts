/**
 * Generation on the GPU, for several sequences at once: a prompt goes through whole (prefill), then all sequences one
 * token at a time together (decode), with the keys and values of all earlier positions kept in a cache.
 *
 * A sequence that ends makes room for the next. Nothing of a row depends on the others: which kernels run is decided by
 * the number of rows, not by what is in them.
 *
 * @module
 */
import { type Program, Recorder, Tensor } from "../../gpu/mod.ts";
import { matmul } from "../../ops/mod.ts";
import { Batch, type BatchRow } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import { Prefill } from "./prefill.ts";
import type { ModelState } from "../model_state.ts";

interface Stage {
  batch: Batch;
  program: Program;
  logits: Tensor;
}

/** The generating state of `rows` sequences. */
export class Decoder {
  readonly #model: ModelState;
  readonly #rows: number;
  readonly #keys: number;
  readonly #prefill: Prefill;
  readonly #cache: Tensor[];
  readonly #owned: GPUBuffer[] = [];
  readonly #past: number[];
  #stage?: Stage;

  /**
   * Allocates the cache: [rows * keys, 2 KV E] for each layer, with room for `length` positions a sequence. One sequence
   * alone stays where its prompt was put through.
   */
  constructor(model: ModelState, rows: number, length: number) {
    this.#model = model;
    this.#rows = rows;
    this.#past = new Array(rows).fill(0);
    this.#prefill = new Prefill(model, length);
    this.#keys = rows === 1 ? this.#prefill.keys : Math.ceil(length / 8) * 8;
    this.#cache = rows === 1 ? this.#prefill.cache : this.#prefill.cache.map(({ name, cols }) => {
      const shape = [rows * this.#keys, cols];
      const bytes = shape[0] * cols * 4;
      const buffer = model.device.buffer(`${model.name}: generate ${name} of ${rows}`, bytes);
      this.#owned.push(buffer);
      return new Tensor(name, shape, "f32", { name, bytes, buffer, offset: 0 });
    });
  }

  /** Begins a sequence in `row`, in place of the one that was there. The last id of the prompt is left for `next`. */
  async start(row: number, prompt: Uint32Array): Promise<void> {
    const past = this.#past[row] = prompt.length - 1;
    const { device } = this.#model;
    await this.#prefill.hold(prompt.subarray(0, past));
    if (this.#rows === 1 || past === 0) return;
    const encoder = device.gpu.createCommandEncoder();
    for (const [layer, cache] of this.#cache.entries()) {
      const from = this.#prefill.cache[layer].range();
      const to = cache.range();
      const line = cache.cols * 4;
      encoder.copyBufferToBuffer(from.buffer, 0, to.buffer, row * this.#keys * line, past * line);
    }
    device.gpu.queue.submit([encoder.finish()]);
  }

  /** Reads one more id in each row, undefined where there is nothing to do; gives the logits [V] after each. */
  async next(ids: readonly (number | undefined)[]): Promise<Float32Array[]> {
    const { batch, program, logits } = this.#stage ??= await this.#compile();
    const V = logits.cols;
    batch.fill(
      ids.map((id, row): BatchRow =>
        id === undefined ? { ids: [] } : { ids: [id], cachedTokens: this.#past[row]++ }
      ),
    );
    program.replay();
    const [read] = await this.#model.device.read([logits.range()]);
    return ids.map((_, row) => new Float32Array(read, row * V * 4, V));
  }

  async #compile(): Promise<Stage> {
    const { device, config, layout, angles, name } = this.#model;
    const rows = this.#rows;
    const owner = `${name}: generate`;
    const batch = new Batch(device, owner, rows, 1, config.vocabSize);
    const r = new Recorder(device, "all", false);
    const weights = layout.views(this.#model);
    const { tokens, positions, spans } = batch;
    const cache = { layers: this.#cache, slots: positions };
    const x = llama(r, weights, { tokens, positions, spans, angles, batch: rows, cache }, config);
    const logits = r.tensor("logits", [rows, config.vocabSize]);
    matmul(r, "nt", x, weights.output, logits);
    const program = await r.compile(owner, [logits]);
    this.#model.program = program;
    return { batch, program, logits };
  }

  /** Gives caches and programs back. */
  dispose(): void {
    this.#prefill.dispose();
    this.#stage?.batch.dispose();
    this.#stage?.program.dispose();
    this.#stage = undefined;
    for (const buffer of this.#owned.splice(0)) this.#model.device.free(buffer);
  }
}
