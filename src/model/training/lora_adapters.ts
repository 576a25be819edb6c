/**
 * Adapters on the GPU, as that which a training step trains.
 *
 * The model always holds W = W0 + s B A: after each update it is computed afresh from a frozen copy of W0, never added to
 * what was there, so it depends on W0, A and B alone, and generation, scores, checkpoints and the forward pass find an
 * ordinary model. Adaptation costs the frozen copy, and one product of two thin matrices an update.
 *
 * @module
 */
import { Random } from "../../base/random.ts";
import { type Device, type Program, Recorder, type Tensor } from "../../gpu/mod.ts";
import { type Adapter, addAdapter, cast, gatherBlock, spreadBlock } from "../../ops/mod.ts";
import type { LoraSettings } from "./lora_options.ts";
import { type AdaptedSlot, AdapterLayout } from "./lora_layout.ts";
import type { ModelState } from "../model_state.ts";
import type { Trainable } from "./trainable.ts";
import type { WeightArenas } from "../weights/weight_layout.ts";
import { makeArena, readParameters, writeParameters } from "../weights/weight_layout.ts";
import type { LayerWeights, LlamaWeights } from "../architecture/llama_weights.ts";

/** Named arrays of adapters, or of frozen weights. */
export type NamedWeights = Map<string, Float32Array<ArrayBuffer>>;

/** The adapters of a model. */
export class Adapters implements Trainable {
  readonly #device: Device;
  readonly #owned: GPUBuffer[];
  #merge?: Program;

  private constructor(
    private readonly model: ModelState,
    /** Where they stand. */
    readonly layout: AdapterLayout,
    /** A and B. */
    readonly arena: Tensor,
    private readonly wide: Tensor,
    private readonly wideGradients: Tensor,
    private readonly frozen: Tensor,
  ) {
    this.#device = model.device;
    this.#owned = [arena, wide, wideGradients, frozen].map((tensor) => tensor.storage.buffer!);
  }

  /** Freezes a copy of what is adapted; A is drawn with `seed`, B is 0, so the model stays what it was. */
  static async create(model: ModelState, settings: LoraSettings, seed: number): Promise<Adapters> {
    const { device, name } = model;
    const layout = new AdapterLayout(model.layout, settings);
    const made: Tensor[] = [];
    const arena = (what: string, size: number) => {
      made.push(makeArena(device, `${name}: train ${what}`, size));
      return made[made.length - 1];
    };
    try {
      const adapters = new Adapters(
        model,
        layout,
        arena("adapters", layout.size),
        arena("wide B", layout.wide),
        arena("wide B's gradients", layout.wide),
        arena("frozen weights", layout.frozen.size),
      );
      adapters.#freeze();
      writeParameters(device, layout, adapters.arena, initialAdapters(layout, seed));
      const r = new Recorder(device, "all", false);
      adapters.syncToModel(r);
      adapters.#merge = await r.compile(`${name}: train merge`);
      return adapters;
    } catch (error) {
      for (const tensor of made) device.free(tensor.storage.buffer!);
      throw error;
    }
  }

  #freeze(): void {
    const encoder = this.#device.gpu.createCommandEncoder();
    for (const place of this.layout.slots) {
      const from = matrixOf(this.model.arena, place).range();
      const to = this.#frozenOf(place).range();
      encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.bytes);
    }
    this.#device.gpu.queue.submit([encoder.finish()]);
  }

  #frozenOf({ slot, frozen }: AdaptedSlot): Tensor {
    return this.frozen.view(slot.key, slot.shape, frozen);
  }

  /** The wide B's gradients. */
  get scratch(): readonly Tensor[] {
    return [this.wideGradients];
  }

  /** The model's weights without gradients, and adapters with theirs. */
  weights(gradients: Tensor): LlamaWeights {
    const { arena, wide, wideGradients } = this;
    return adaptedViews(this.model, this.layout, { arena, wide, gradients, wideGradients });
  }

  /** The gradient of each B, out of that of its block. */
  collectGradients(r: Recorder, gradients: Tensor): void {
    const { settings } = this.layout;
    for (const { slot, b, thin, blocks } of this.layout.slots) {
      const from = this.wideGradients.view(`d${slot.key}.b`, b.shape, b.start);
      const to = gradients.view(`d${slot.key}.thin`, [thin.size], thin.start);
      for (const block of blocks) gatherBlock(r, from, to, block, scaleOf(settings));
    }
  }

  /** W = W0 + s B A for every adapted matrix, in the working copy too. */
  syncToModel(r: Recorder): void {
    const { halfWeights: working, arena } = this.model;
    for (const place of this.layout.slots) {
      const { slot, thin, blocks } = place;
      const adapter = adapterOf(place, this.arena, this.wide);
      const from = this.arena.view(`${slot.key}.thin`, [thin.size], thin.start);
      const weight = matrixOf(arena, place);
      for (const block of blocks) spreadBlock(r, from, adapter.b, block, scaleOf(this.layout.settings));
      cast(r, flat(this.#frozenOf(place)), flat(weight));
      addAdapter(r, weight, adapter);
      if (working) cast(r, flat(weight), flat(matrixOf(working, place)));
    }
  }

  /** Copies of the adapters and of the frozen weights, for a checkpoint. */
  async read(): Promise<{ adapters: NamedWeights; frozen: NamedWeights }> {
    const adapters = await readParameters(this.#device, this.layout, this.arena);
    return { adapters, frozen: await readParameters(this.#device, this.layout.frozen, this.frozen) };
  }

  /**
   * Puts adapters and frozen weights back as a checkpoint held them, and the model with them.
   *
   * @throws {FormatError} for tensors that are missing, or of other shapes
   */
  restore({ adapters, frozen }: { adapters: NamedTensors; frozen: NamedTensors }): void {
    writeParameters(this.#device, this.layout, this.arena, adapters);
    writeParameters(this.#device, this.layout.frozen, this.frozen, frozen);
    this.#merge!.replay();
  }

  /** Gives the memory back; the model keeps its weights. */
  dispose(): void {
    this.#merge?.dispose();
    for (const buffer of this.#owned.splice(0)) this.#device.free(buffer);
  }
}

/** Arrays with their shapes, by name. */
export type NamedTensors = Iterable<[string, { shape: readonly number[]; data: Float32Array }]>;

/** The factor of B A. */
function scaleOf({ alpha, rank }: LoraSettings): number {
  return alpha / rank;
}

function matrixOf(arena: Tensor, { slot }: AdaptedSlot): Tensor {
  return arena.view(slot.key, slot.shape, slot.start);
}

/** A matrix with the gap behind it, as one row of a multiple of 128 numbers. */
function flat(tensor: Tensor): Tensor {
  return tensor.view(tensor.name, [Math.ceil(tensor.size / 128) * 128]);
}

function adapterOf({ slot, a, b }: AdaptedSlot, arena: Tensor, wide: Tensor): Adapter {
  return {
    a: arena.view(`${slot.key}.a`, a.shape, a.start),
    b: wide.view(`${slot.key}.b`, b.shape, b.start),
  };
}

/** The flat tensors of adapters. */
export interface AdapterArenas {
  /** [size] A and thin B. */
  arena: Tensor;
  /** [size] their gradients. */
  gradients: Tensor;
  /** [wide] the B's as blocks. */
  wide: Tensor;
  /** [wide] their gradients. */
  wideGradients: Tensor;
}

/** The weights of the forward pass, frozen, with their adapters. */
export function adaptedViews(
  weights: WeightArenas,
  layout: AdapterLayout,
  { arena, wide, gradients, wideGradients }: AdapterArenas,
): LlamaWeights {
  const views = layout.weights.views(weights);
  for (const place of layout.slots) {
    const { slot, a, b } = place;
    const adapter = adapterOf(place, arena, wide);
    adapter.a.gradSum = gradients.view(`d${slot.key}.a`, a.shape, a.start);
    adapter.b.gradSum = wideGradients.view(`d${slot.key}.b`, b.shape, b.start);
    const [layer, key] = slot.key.split(".");
    const of = views.layers[Number(layer)];
    of.adapters = { ...of.adapters, [key as keyof LayerWeights]: adapter };
  }
  return views;
}

/**
 * A normal as in the paper, with the spread of its authors' code, 1 / sqrt(3 in) [ours]; B 0. One independent stream a
 * tensor.
 */
function* initialAdapters(
  { parameters }: AdapterLayout,
  seed: number,
): Generator<[string, { shape: number[]; data: Float32Array<ArrayBuffer> }]> {
  for (const { name, shape } of parameters) {
    const data = new Float32Array(shape[0] * shape[1]);
    const random = new Random(seed).fork(name);
    const deviation = 1 / Math.sqrt(3 * shape[1]);
    if (name.endsWith("lora_A.weight")) {
      for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
    }
    yield [name, { shape, data }];
  }
}
