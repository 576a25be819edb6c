/**
 * Adapters on the GPU, as the parameters that a training step trains.
 *
 * The model always holds W = W0 + s B A. After each update W is computed from a frozen copy of W0, never added to, so it
 * depends on W0, A and B alone; generation, scores, checkpoints and the forward pass find an ordinary model. Adaptation
 * costs the frozen copy, and one product of two thin matrices per update.
 *
 * @module
 */
import { Random } from "../../base/random.ts";
import { type Device, type Program, Recorder, type Tensor } from "../../gpu/mod.ts";
import { type Adapter, addAdapter, cast, gatherBlock, spreadBlock } from "../../ops/mod.ts";
import type { LayerWeights, LlamaWeights } from "../architecture/llama_weights.ts";
import type { ModelState } from "../model_state.ts";
import type { HeldParameters } from "../ranks/held_parameters.ts";
import {
  type NamedTensors,
  type NamedWeights,
  readParameters,
  writeParameters,
} from "../weights/named_weights.ts";
import { Arena } from "../weights/arena.ts";
import type { ArenaLayout } from "../weights/arena_layout.ts";
import { gatherParts } from "../ranks/gather_parts.ts";
import type { ModelWeights, ParameterLayout, WeightSlot } from "../weights/weight_layout.ts";
import { type AdaptedSlot, AdapterLayout } from "./lora_layout.ts";
import type { LoraSettings } from "./lora_options.ts";
import type { Trainable } from "./trainable.ts";

/** The adapters of a model. */
export class Adapters implements Trainable {
  readonly #device: Device;
  readonly #owned: Arena[];
  #program?: Program;

  private constructor(
    private readonly model: ModelState,
    /** The place of every adapter in the arena. */
    readonly layout: AdapterLayout,
    /** A and B, f32. */
    readonly arena: Arena,
    private readonly wide: Arena,
    private readonly wideGradients: Arena,
    private readonly frozen: Arena,
  ) {
    this.#device = model.device;
    this.#owned = [arena, wide, wideGradients, frozen];
  }

  /**
   * Copies the weights that are adapted. A is drawn with `seed` and B is 0, so the model stays as it was.
   *
   * @throws {DeviceError} when it does not fit the device; nothing stays allocated
   */
  static async create(model: ModelState, settings: LoraSettings, seed: number): Promise<Adapters> {
    const { device, name } = model;
    const layout = new AdapterLayout(model.layout, settings);
    const allocated: Arena[] = [];
    const arena = (purpose: string, places: ArenaLayout) => {
      const made = Arena.allocate(device, `${name}: train ${purpose}`, places);
      allocated.push(made);
      return made;
    };
    try {
      const adapters = new Adapters(
        model,
        layout,
        arena("adapters", layout.places),
        arena("wide B", layout.wide),
        arena("wide B's gradients", layout.wide),
        arena("frozen weights", layout.frozen.places),
      );
      adapters.#freeze();
      writeParameters(device, layout, adapters.arena, initialAdapters(layout, seed));
      const r = new Recorder(device, "all", false);
      adapters.syncToModel(r);
      adapters.#program = await r.compile(`${name}: train merge`);
      return adapters;
    } catch (error) {
      for (const made of allocated) made.free(device);
      throw error;
    }
  }

  #freeze(): void {
    const encoder = this.#device.gpu.createCommandEncoder();
    for (const adapted of this.layout.slots) {
      const frozen = this.#frozenPieces(adapted);
      for (const [i, piece] of weightPieces(this.model.trained!, adapted).entries()) {
        const from = piece.range();
        const to = frozen[i].range();
        encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.bytes);
      }
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  /** Returns a frozen matrix as flat tensors, one per chunk: the same pieces as in the arena of the weights. */
  #frozenPieces({ slot, frozen }: AdaptedSlot): Tensor[] {
    return this.frozen.flat(slot.key, frozen, sizeOf(slot));
  }

  /** The gradients of the wide B's. */
  get scratch(): readonly Arena[] {
    return [this.wideGradients];
  }

  /** Returns the model's weights without gradients, and adapters with theirs. */
  weights(gradients: Arena): LlamaWeights {
    const { arena, wide, wideGradients } = this;
    return adaptedViews(this.model, this.layout, { arena, wide, gradients, wideGradients });
  }

  /** Records the copy of each B's gradient out of the gradient of its block. */
  collectGradients(r: Recorder, gradients: Arena): void {
    const { settings } = this.layout;
    for (const { slot, b, thin, blocks } of this.layout.slots) {
      const from = this.wideGradients.view(`d${slot.key}.b`, b.shape, b.start);
      const to = gradients.view(`d${slot.key}.thin`, [thin.size], thin.start);
      for (const block of blocks) gatherBlock(r, from, to, block, scaleOf(settings));
    }
  }

  /** Records W = W0 + s B A for every adapted matrix, and its copy in f16 if the model has one. */
  syncToModel(r: Recorder): void {
    const { packed } = this.model;
    const arena = this.model.trained!;
    for (const adapted of this.layout.slots) {
      const { slot, thin, blocks } = adapted;
      const adapter = adapterOf(adapted, this.arena, this.wide);
      const from = this.arena.view(`${slot.key}.thin`, [thin.size], thin.start);
      const weight = arena.view(slot.key, slot.shape, slot.start);
      const pieces = weightPieces(arena, adapted);
      for (const block of blocks) spreadBlock(r, from, adapter.b, block, scaleOf(this.layout.settings));
      this.#frozenPieces(adapted).forEach((frozen, i) => cast(r, frozen, pieces[i]));
      addAdapter(r, weight, adapter);
      packed?.halves(slot.key, slot.start, sizeOf(slot)).forEach((half, i) => cast(r, pieces[i], half));
    }
  }

  /** The adapters and the frozen weights as this rank holds them, for checkpoints. */
  get held(): { adapters: HeldParameters; frozen: HeldParameters } {
    const device = this.#device;
    return {
      adapters: { device, layout: this.layout, store: this.arena },
      frozen: { device, layout: this.layout.frozen, store: this.frozen },
    };
  }

  /** Computes the model's weights from adapters and frozen weights that were replaced. */
  merge(): void {
    this.#program!.replay();
  }

  /**
   * Copies the adapters and the frozen weights to host memory. Processes that hold a model together call it
   * together, and each gets whole tensors.
   */
  async read(): Promise<{ adapters: NamedWeights; frozen: NamedWeights }> {
    const { layout, model: { group } } = this;
    const whole = async (layout: ParameterLayout, arena: Arena) =>
      await gatherParts(group, layout, await readParameters(this.#device, layout, arena));
    return { adapters: await whole(layout, this.arena), frozen: await whole(layout.frozen, this.frozen) };
  }

  /**
   * Replaces adapters and frozen weights by whole tensors and computes the model's weights from them.
   *
   * @throws {FormatError} for tensors that are missing, or of other shapes
   */
  restore({ adapters, frozen }: { adapters: NamedTensors; frozen: NamedTensors }): void {
    writeParameters(this.#device, this.layout, this.arena, adapters);
    writeParameters(this.#device, this.layout.frozen, this.frozen, frozen);
    this.merge();
  }

  /** Frees the adapters; the model keeps its weights. */
  dispose(): void {
    this.#program?.dispose();
    for (const arena of this.#owned.splice(0)) arena.free(this.#device);
  }
}

/** Returns s, the factor of B A. */
function scaleOf({ alpha, rank }: LoraSettings): number {
  return alpha / rank;
}

/** Returns the number of elements of a matrix. */
function sizeOf({ shape }: WeightSlot): number {
  return shape[0] * shape[1];
}

/** Returns the matrix of a slot as flat tensors, one per chunk. */
function weightPieces(arena: Arena, { slot }: AdaptedSlot): Tensor[] {
  return arena.flat(slot.key, slot.start, sizeOf(slot));
}

function adapterOf({ slot, a, b }: AdaptedSlot, arena: Arena, wide: Arena): Adapter {
  return {
    a: arena.view(`${slot.key}.a`, a.shape, a.start),
    b: wide.view(`${slot.key}.b`, b.shape, b.start),
  };
}

/** The arenas of adapters. */
interface AdapterArenas {
  /** The A's and the thin B's. */
  arena: Arena;
  /** Their gradients. */
  gradients: Arena;
  /** The wide B's. */
  wide: Arena;
  /** Their gradients. */
  wideGradients: Arena;
}

/** Returns the frozen weights of the forward pass with their adapters. */
export function adaptedViews(
  weights: ModelWeights,
  layout: AdapterLayout,
  { arena, wide, gradients, wideGradients }: AdapterArenas,
): LlamaWeights {
  const views = layout.weights.views(weights);
  for (const adapted of layout.slots) {
    const { slot, a, b } = adapted;
    const adapter = adapterOf(adapted, arena, wide);
    adapter.a.gradSum = gradients.view(`d${slot.key}.a`, a.shape, a.start);
    adapter.b.gradSum = wideGradients.view(`d${slot.key}.b`, b.shape, b.start);
    const [layer, key] = slot.key.split(".");
    const layerWeights = views.layers[Number(layer)];
    layerWeights.adapters = { ...layerWeights.adapters, [key as keyof LayerWeights]: adapter };
  }
  return views;
}

/**
 * Draws A from a normal as in the paper, with the deviation of its authors' code, 1 / sqrt(3 in) [ours]; B is 0. Each
 * tensor has a random stream of its own.
 */
function* initialAdapters(
  { parameters }: AdapterLayout,
  seed: number,
): Generator<[string, { shape: number[]; data: Float32Array<ArrayBuffer> }]> {
  for (const { name, shape, part } of parameters) {
    const [rows, cols] = part?.shape ?? shape;
    const data = new Float32Array(rows * cols);
    const random = new Random(seed).fork(name);
    const deviation = 1 / Math.sqrt(3 * cols);
    if (name.endsWith("lora_A.weight")) {
      for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
    }
    yield [name, { shape: [rows, cols], data }];
  }
}
