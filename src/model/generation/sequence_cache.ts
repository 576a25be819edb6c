/**
 * The keys and values of one sequence, and the programs that add to them: one per number of positions, recorded when it
 * is first needed.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { type Device, type Program, Recorder, Tensor } from "../../gpu/mod.ts";
import { Batch } from "../architecture/batch.ts";
import { llama } from "../architecture/llama.ts";
import type { ModelConfig } from "../architecture/config.ts";
import type { LlamaWeights } from "../architecture/llama_weights.ts";
import { type ModelHandle, type ModelState, stateOf } from "../model_state.ts";
import { headDim, heldBlock, type Shard } from "../architecture/shard.ts";

/** A program, the batch that it reads, and the tensors that it computes. */
interface CachedProgram<Outputs> {
  /** The inputs: one sequence of some positions. */
  batch: Batch;
  /** The program. */
  program: Program;
  /** Tensors to read after a replay. */
  outputs: Outputs;
}

/**
 * Allocates the keys and values of a layer, [keys, cols].
 *
 * @throws {DeviceError} when they do not fit, with the number of positions that would
 */
export function allocateCache(
  device: Device,
  owner: string,
  name: string,
  keys: number,
  cols: number,
): Tensor {
  const bytes = keys * cols * 4;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const have = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  if (bytes > have) {
    const limit = have === maxBufferSize ? "maxBufferSize" : "maxStorageBufferBindingSize";
    throw new DeviceError(
      `Cannot hold "${owner} ${name}" [${keys}, ${cols}]: ${limit} is ${have} bytes, wanted ${bytes}. Shorten the prompt, or ` +
        `lower maxTokens: at most ${Math.floor(have / (cols * 4))} positions of all sequences fit`,
      { limit, wanted: bytes, have },
    );
  }
  const remedy = "Lower batch or maxTokens, or shorten the prompt";
  const buffer = device.buffer(`${owner} ${name}`, bytes, { remedy });
  return new Tensor(name, [keys, cols], "f32", { name, bytes, buffer, offset: 0 });
}

/** Records the outputs of the last activations [positions, D]. Returns the tensors to read afterwards. */
type OutputStage<Outputs> = (r: Recorder, x: Tensor, weights: LlamaWeights, batch: Batch) => Outputs;

/** Returns the numbers that a shard keeps of a position in a layer: the keys and values of its heads. */
export function cachedColumns(config: ModelConfig, shard: Shard): number {
  return 2 * heldBlock(config, shard).kvHeads * headDim(config);
}

/** Returns the bytes of keys and values of one position in all layers. */
export function cachedPositionBytes(config: ModelConfig, shard: Shard): number {
  return config.layers * cachedColumns(config, shard) * 4;
}

/** The cache of one sequence and its programs. */
export class CachedSequence<Outputs extends Record<string, Tensor>> {
  /** [keys, 2 KV E] keys and values of each layer. */
  readonly layers: Tensor[] = [];
  readonly #model: ModelState;
  readonly #owner: string;
  readonly #outputStage: OutputStage<Outputs>;
  readonly #programs = new Map<number, CachedProgram<Outputs>>();
  readonly #owned = new DisposableStack();

  /**
   * Allocates a cache of `keys` rows per layer.
   *
   * @param purpose names the memory in the memory report
   */
  constructor(model: ModelHandle, purpose: string, keys: number, outputStage: OutputStage<Outputs>) {
    const state = stateOf(model);
    const { config, shard } = state.layout;
    const cols = cachedColumns(config, shard);
    this.#model = state;
    this.#owner = `${state.name}: ${purpose}`;
    this.#outputStage = outputStage;
    try {
      for (let l = 0; l < config.layers; l++) {
        const layer = allocateCache(state.device, this.#owner, `cache ${l}`, keys, cols);
        this.#owned.defer(() => state.device.free(layer.range().buffer));
        this.layers.push(layer);
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Returns the program for `length` positions. */
  async program(length: number): Promise<CachedProgram<Outputs>> {
    const known = this.#programs.get(length);
    if (known) return known;
    const { device, config, layout, angles } = this.#model;
    const weights = layout.views(this.#model);
    const batch = this.#owned.use(new Batch(device, this.#owner, 1, length, config.vocabSize));
    const r = new Recorder(device, "all", false);
    const { tokens, positions, spans } = batch;
    const cache = { layers: this.layers, slots: positions };
    const { shard } = layout;
    const x = llama(r, weights, { tokens, positions, spans, angles, batch: 1, cache, shard }, config);
    const outputs = this.#outputStage(r, x, weights, batch);
    const program = await r.compile(this.#owner, Object.values(outputs));
    this.#owned.defer(() => program.dispose());
    const compiled = { batch, outputs, program };
    this.#programs.set(length, compiled);
    this.#model.program = program;
    return compiled;
  }

  /** Frees cache and programs. */
  dispose(): void {
    this.#programs.clear();
    this.#owned.dispose();
  }
}
