/**
 * The state of a model: its shape, its weights on the GPU, its tokenizer, and the end of its life.
 *
 * `Model` shows users its verbs and keeps a {@linkcode ModelState} for everything else. Code inside the SDK takes a
 * {@linkcode ModelHandle} and opens it with {@linkcode stateOf}.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import type { Group, Ranks } from "../base/exchange.ts";
import type { Device, Program, Tensor } from "../gpu/mod.ts";
import { singleRanks } from "../parallel/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { ModelConfig } from "./architecture/config.ts";
import type { GenerationSettings } from "./architecture/generation_settings.ts";
import { type Shard, wholeModel } from "./architecture/shard.ts";
import type { HeldParameters } from "./ranks/held_parameters.ts";
import { claimName, register, unregister } from "./model_registry.ts";
import type { Arena } from "./weights/arena.ts";
import { dividedStore, type OwnedPlace, samePlace } from "./weights/divided_weights.ts";
import type { OwnedArena } from "./weights/owned_arena.ts";
import type { PackedWeights, WeightType } from "./weights/packed_weights.ts";
import type { ParameterStore } from "./weights/stream_weights.ts";
import { ModelBuffers } from "./weights/model_buffers.ts";
import { type ModelWeights, WeightLayout } from "./weights/weight_layout.ts";

/** Text, or token ids as they are. */
export type Prompt = string | Uint32Array;

/** A model as its callers hold it: a `Model`, or a {@linkcode ModelState}. */
export interface ModelHandle {
  /** Its name, for displays and the memory report. */
  readonly name: string;
  /** Its shape. */
  readonly config: ModelConfig;
  /** The device that holds its weights. */
  readonly device: Device;
}

/** Settings of {@linkcode ModelState.allocate}. */
interface AllocateOptions {
  /** The name that the user gave; an earlier model of that name is disposed. */
  name?: string;
  /** The name where the user gave none. */
  fallbackName: string;
  /** Number format of the weights that products read. */
  dtype: WeightType;
  /** Allocates the weights in f32 that training updates also where products read another format (default false). */
  trained?: boolean;
  /** Allocates the own part of the weights in f32 instead, where ranks divide them. */
  master?: OwnedPlace;
  /** The preset that gave the shape. */
  preset?: string;
  /** The processes that train and use the model together (default: this one alone). */
  ranks?: Ranks;
}

/** Frees the buffers of states that were collected without being disposed. */
const collected = new FinalizationRegistry<ModelBuffers>((buffers) => buffers.dispose());

/** The state of one model; the weights are freed when nothing refers to it. */
export class ModelState implements ModelHandle, ModelWeights {
  /** Text to ids and back; `.instruct` sets one with a chat template. */
  tokenizer?: Tokenizer;
  /** Ids with a role and sampling settings of the files that it was loaded from. */
  settings?: GenerationSettings;
  /** Remarks on the files that it was loaded from, for its summary. */
  notes: readonly string[] = [];
  /** The program compiled last. */
  program?: Program;
  #buffers: ModelBuffers;
  #disposed = false;

  private constructor(
    /** Its name, for displays and the memory report. */
    readonly name: string,
    /** The place of every weight in the arena. */
    readonly layout: WeightLayout,
    buffers: ModelBuffers,
    /** The preset that gave the shape, if one did. */
    readonly preset?: string,
    /** The processes that train and use the model together. */
    public ranks: Ranks = singleRanks,
  ) {
    this.#buffers = buffers;
    collected.register(this, buffers, this);
  }

  /**
   * Allocates the buffers of a model; the weights are whatever the memory holds.
   *
   * @throws {DeviceError} when they do not fit the device, or it does not grant the number format
   */
  static async allocate(
    device: Device,
    config: ModelConfig,
    { name, fallbackName, dtype, trained = false, master, preset, ranks }: AllocateOptions,
  ): Promise<ModelState> {
    const taken = claimName(name, fallbackName);
    const layout = new WeightLayout(config, shardOf(ranks));
    const buffers = await ModelBuffers.create(device, taken, layout, { dtype, trained, master });
    const state = new ModelState(taken, layout, buffers, preset, ranks);
    register(state, name);
    return state;
  }

  /** Its shape. */
  get config(): ModelConfig {
    return this.layout.config;
  }

  /** The device that holds its weights. */
  get device(): Device {
    return this.#buffers.device;
  }

  /** The processes that hold the parts of this copy of the model; each method of the model is called by all of them. */
  get group(): Group {
    return this.ranks.model;
  }

  /** Number format of the weights that products read. */
  get dtype(): WeightType {
    return this.#buffers.packed?.dtype ?? "f32";
  }

  /** True once the memory was freed. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** The weights in f32: of models of dtype "f32", and of models of dtype "f16" that are trained. */
  get trained(): Arena | undefined {
    return this.#liveBuffers().trained;
  }

  /** The own part of the weights in f32, where they are divided over ranks; `trained` is undefined then. */
  get master(): OwnedArena | undefined {
    return this.#liveBuffers().master;
  }

  /** The weights that products read, of models of another dtype than "f32". */
  get packed(): PackedWeights | undefined {
    return this.#liveBuffers().packed;
  }

  /**
   * The place of all parameters as they are most exactly: the weights in f32 where the model has them. Where those are
   * divided over ranks, it reads the halves and writes both.
   */
  get store(): ParameterStore {
    const { trained, packed, master } = this.#liveBuffers();
    return master ? dividedStore(master, packed!) : trained ?? packed!;
  }

  /** [context, 2, E / 2] the rotary angles. */
  get angles(): Tensor {
    return this.#liveBuffers().angles;
  }

  #liveBuffers(): ModelBuffers {
    this.requireAlive();
    return this.#buffers;
  }

  /** Brings the halves up to the weights in f32; does nothing for models that hold only one of them. */
  pack(): void {
    this.#liveBuffers().pack();
  }

  /**
   * Makes the weights in f32 that training updates, out of the halves of a model that was loaded with dtype "f16".
   *
   * @returns true where they were made just now, and false where the model had them
   * @throws {ConfigError} for a model of 8-bit blocks
   * @throws {DeviceError} when they do not fit the device; nothing stays allocated
   */
  async requireTrained(): Promise<boolean> {
    this.checkTrainable();
    const buffers = this.#liveBuffers();
    if (buffers.trained) return false;
    await buffers.unpack();
    return true;
  }

  /**
   * Divides the weights in f32 of a model of dtype "f16" over ranks: this one keeps its own part and all halves.
   *
   * @returns true where the model had no weights in f32
   * @throws {DeviceError} when they do not fit the device; nothing stays allocated
   */
  async requireDivided(place: OwnedPlace): Promise<boolean> {
    const buffers = this.#liveBuffers();
    if (buffers.master && samePlace(buffers.master, place)) return false;
    const hadNone = buffers.trained === undefined && buffers.master === undefined;
    await buffers.divide(place);
    return hadNone;
  }

  /**
   * Allocates all weights in f32 of a model that holds a part of them; {@linkcode ModelState.adoptWhole} takes them.
   *
   * @throws {DeviceError} when they do not fit the device
   */
  allocateWhole(): Arena {
    return this.#liveBuffers().allocateTrained();
  }

  /** Takes all weights in f32 in place of the own part. */
  async adoptWhole(whole: Arena): Promise<void> {
    await this.#liveBuffers().adoptTrained(whole);
  }

  /**
   * Refuses a model whose weights cannot be trained.
   *
   * @throws {ConfigError} for a model of 8-bit blocks
   */
  checkTrainable(): void {
    if (this.dtype !== "q8") return;
    throw new ConfigError(
      `Cannot train the model "${this.name}": its weights are blocks of 8 bits, for use only. Load it with ` +
        `dtype: "f16" or "f32"`,
    );
  }

  /** Frees the weights in f32 of a model of dtype "f16" that no step has changed. */
  dropTrained(): void {
    if (this.#disposed || !this.#buffers.packed) return;
    this.#buffers.dropTrained();
  }

  /**
   * Moves the model to another device and frees its memory on the earlier one. The weights do not come along.
   *
   * @throws {DeviceError} when they do not fit the device
   */
  async moveTo(device: Device): Promise<void> {
    const { dtype } = this;
    const { trained, master } = this.#buffers;
    const held = { dtype, trained: trained !== undefined, master };
    const buffers = await ModelBuffers.create(device, this.name, this.layout, held);
    this.#buffers.dispose();
    collected.unregister(this);
    collected.register(this, buffers, this);
    this.#buffers = buffers;
  }

  /**
   * Returns the tokenizer.
   *
   * @param purpose completes the error "Cannot ...", such as "score text"
   * @throws {ConfigError} for a model without one
   */
  requireTokenizer(purpose: string): Tokenizer {
    if (this.tokenizer) return this.tokenizer;
    throw new ConfigError(
      `Cannot ${purpose}: the model "${this.name}" has no tokenizer. Give ids, or Model.create(..., { tokenizer })`,
    );
  }

  /**
   * Refuses a model that was disposed.
   *
   * @throws {ConfigError} naming the model
   */
  requireAlive(): void {
    if (this.#disposed) {
      throw new ConfigError(`Cannot use the model "${this.name}": it was disposed; load or create it again`);
    }
  }

  /** Frees the weights; using the model afterwards throws. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    collected.unregister(this);
    this.#buffers.dispose();
    unregister(this);
  }

  /** Frees the weights at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Returns the part of a model that this process holds. */
function shardOf(ranks: Ranks | undefined): Shard {
  return ranks ? { rank: ranks.model.rank, of: ranks.model.size } : wholeModel;
}

/** Returns all weights of a model as they are most exactly: those in f32 that ranks divide, or what each rank holds. */
export function heldWeights(state: ModelState): HeldParameters {
  const { device, layout, master } = state;
  return master ? { device, layout, divided: master } : { device, layout, store: state.store };
}

const states = new WeakMap<ModelHandle, ModelState>();

/** Ties a handle to its state; {@linkcode stateOf} finds it from then on. */
export function attachState(model: ModelHandle, state: ModelState): void {
  states.set(model, state);
}

/**
 * Returns the state of a model that is alive.
 *
 * @throws {ConfigError} for a model that was disposed, or an object that no `Model` verb made
 */
export function stateOf(model: ModelHandle): ModelState {
  const state = model instanceof ModelState ? model : states.get(model);
  if (!state) {
    throw new ConfigError("Cannot use the object as a model: make one with Model.create or Model.load");
  }
  state.requireAlive();
  return state;
}
