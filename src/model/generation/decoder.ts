/**
 * Generation on the GPU, for several sequences at once: prefill reads a prompt, then all sequences decode one token per
 * step together, with the keys and values of all earlier positions in a cache.
 *
 * The next prompt takes the place of a sequence that ended. Nothing of a sequence depends on the others: the number of
 * sequences decides which kernels run, not their content.
 *
 * @module
 */
import { type Program, Recorder, type Tensor } from "../../gpu/mod.ts";
import { argmax, matmul } from "../../ops/mod.ts";
import { Batch, type BatchRow } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import { runProgram } from "../exchange_rows.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { Prefill } from "./prefill.ts";
import { allocateCache } from "./sequence_cache.ts";

/** The program of one decoding step, its inputs and its outputs. */
interface DecodeStep {
  batch: Batch;
  program: Program;
  /** [sequences, V] the logits after the ids. */
  logits: Tensor;
  /** [sequences] u32: the most likely ids, where the program chooses them. */
  best?: Tensor;
}

/** The caches and the program of a number of sequences that are generated together. */
export class Decoder {
  readonly #model: ModelState;
  readonly #sequences: number;
  readonly #keys: number;
  readonly #prefill: Prefill;
  readonly #cache: Tensor[];
  readonly #owned = new DisposableStack();
  readonly #cachedTokens: number[];
  #step?: DecodeStep;
  #greedyStep?: DecodeStep;

  /**
   * Allocates the cache: [sequences * keys, 2 KV E] per layer, with room for `length` positions per sequence. A single
   * sequence stays in the cache of its prefill.
   *
   * @throws {DeviceError} when it does not fit
   */
  constructor(model: ModelHandle, sequences: number, length: number) {
    const state = stateOf(model);
    this.#model = state;
    this.#sequences = sequences;
    this.#cachedTokens = new Array(sequences).fill(0);
    this.#prefill = new Prefill(model, length);
    this.#keys = sequences === 1 ? this.#prefill.keys : Math.ceil(length / 8) * 8;
    const owner = `${state.name}: generate ${sequences}`;
    try {
      this.#cache = sequences === 1 ? this.#prefill.cache : this.#prefill.cache.map(({ name, cols }) => {
        const cache = allocateCache(state.device, owner, name, sequences * this.#keys, cols);
        this.#owned.defer(() => state.device.free(cache.range().buffer));
        return cache;
      });
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Begins a sequence in place of the one that had this index. The last id of the prompt is left for `next`. */
  async start(index: number, prompt: Uint32Array): Promise<void> {
    this.#model.requireAlive();
    const cachedTokens = this.#cachedTokens[index] = prompt.length - 1;
    const { device } = this.#model;
    await this.#prefill.load(prompt.subarray(0, cachedTokens));
    if (this.#sequences === 1 || cachedTokens === 0) return;
    const encoder = device.gpu.createCommandEncoder();
    for (const [layer, cache] of this.#cache.entries()) {
      const from = this.#prefill.cache[layer].range();
      const to = cache.range();
      const rowBytes = cache.cols * 4;
      const offset = index * this.#keys * rowBytes;
      encoder.copyBufferToBuffer(from.buffer, 0, to.buffer, offset, cachedTokens * rowBytes);
    }
    device.gpu.queue.submit([encoder.finish()]);
  }

  /** Reads one more id of each sequence; undefined skips one. Returns the logits [V] after each. */
  async next(ids: readonly (number | undefined)[]): Promise<Float32Array[]> {
    this.#model.requireAlive();
    const { batch, program, logits } = this.#step ??= await this.#compile();
    const V = logits.cols;
    batch.fill(
      ids.map((id, i): BatchRow =>
        id === undefined ? { ids: [] } : { ids: [id], cachedTokens: this.#cachedTokens[i]++ }
      ),
    );
    await runProgram(program, this.#model.group);
    const [bytes] = await this.#model.device.read([logits.range()]);
    return ids.map((_, i) => new Float32Array(bytes, i * V * 4, this.#model.config.vocabSize));
  }

  /**
   * Reads an id of each sequence and then, `count` times in all, the most likely id after it. The ids stay on the GPU from
   * step to step, so that there is one wait for all of them.
   *
   * @param choices ids below this may be chosen; it stays the same for the life of the decoder
   * @returns the ids that were chosen, [count, sequences]
   */
  async greedy(ids: readonly number[], count: number, choices: number): Promise<Uint32Array> {
    this.#model.requireAlive();
    const { device } = this.#model;
    const { batch, program, best } = this.#greedyStep ??= await this.#compile(choices);
    const bytes = 4 * this.#sequences;
    const chosen = device.buffer(`${this.#model.name}: generate ids`, count * bytes);
    try {
      const from = best!.range();
      const to = batch.tokens.ids.range();
      for (let n = 0; n < count; n++) {
        batch.fill(ids.map((id, i) => ({ ids: [n === 0 ? id : 0], cachedTokens: this.#cachedTokens[i]++ })));
        let encoder = device.gpu.createCommandEncoder();
        if (n > 0) encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
        if (this.#model.group.size === 1) {
          program.encode(encoder);
        } else {
          device.gpu.queue.submit([encoder.finish()]);
          await runProgram(program, this.#model.group);
          encoder = device.gpu.createCommandEncoder();
        }
        encoder.copyBufferToBuffer(from.buffer, from.offset, chosen, n * bytes, bytes);
        device.gpu.queue.submit([encoder.finish()]);
      }
      const [all] = await device.read([{ buffer: chosen, offset: 0, bytes: count * bytes }]);
      return new Uint32Array(all);
    } finally {
      device.free(chosen);
    }
  }

  /** Records and compiles a step, with `choices` one that chooses the most likely of so many ids. */
  async #compile(choices?: number): Promise<DecodeStep> {
    const { device, config, layout, angles, name } = this.#model;
    const sequences = this.#sequences;
    const owner = `${name}: generate`;
    const batch = this.#owned.use(new Batch(device, owner, sequences, 1, config.vocabSize));
    const r = new Recorder(device, "all", false);
    const weights = layout.views(this.#model);
    const { tokens, positions, spans } = batch;
    const cache = { layers: this.#cache, slots: positions };
    const { shard } = layout;
    const input = { tokens, positions, spans, angles, batch: sequences, cache, shard };
    const x = llama(r, weights, input, config);
    const logits = r.tensor("logits", [sequences, weights.output.rows]);
    matmul(r, "nt", x, weights.output, logits);
    const best = choices === undefined ? undefined : r.tensor("best", [sequences], "u32");
    if (best) argmax(r, logits, best, 0, choices);
    const program = await r.compile(owner, best ? [logits, best] : [logits]);
    this.#owned.defer(() => program.dispose());
    this.#model.program = program;
    return { batch, program, logits, best };
  }

  /** Frees caches and programs. */
  dispose(): void {
    this.#prefill.dispose();
    this.#owned.dispose();
  }
}
