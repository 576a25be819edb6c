/**
 * The GPU memory of a model.
 *
 * It does not refer to the model, so that a model that nobody uses can be collected and its memory freed.
 *
 * @module
 */
import { type Device, type Program, Recorder, type Tensor, withinMemory } from "../../gpu/mod.ts";
import { upload } from "../../ops/mod.ts";
import { rotaryAngles } from "../architecture/rope_scaling.ts";
import { Arena } from "./arena.ts";
import { PackedWeights, type WeightType } from "./packed_weights.ts";
import { OwnedArena } from "./owned_arena.ts";
import { type OwnedPlace, recordDivision } from "./divided_weights.ts";
import type { ModelWeights, WeightLayout } from "./weight_layout.ts";
import { remedyFor, requireRoom } from "./weights_room.ts";
import { headDim } from "../architecture/shard.ts";

/** Weights and rotary angles. */
export class ModelBuffers implements ModelWeights {
  /** The weights in f32: of models of dtype "f32", and of models of dtype "f16" that are trained. */
  trained?: Arena;
  /** The weights that products read, of models of another dtype than "f32". */
  packed?: PackedWeights;
  /** The own part of the weights in f32, where they are divided over ranks; `trained` is missing then. */
  master?: OwnedArena;
  /** [context, 2, E / 2] the rotary angles. */
  readonly angles: Tensor;
  #packing?: Program;

  private constructor(
    readonly device: Device,
    private readonly name: string,
    private readonly layout: WeightLayout,
  ) {
    const { config } = layout;
    const shape = [config.context, 2, headDim(config) / 2];
    this.angles = upload(device, `${name}: angles`, { shape, data: rotaryAngles(config) });
  }

  /**
   * Allocates the weights of a number format, and with `trained` also those in f32 that training updates.
   *
   * @throws {DeviceError} when they do not fit the device; nothing stays allocated
   */
  static async create(
    device: Device,
    name: string,
    layout: WeightLayout,
    { dtype, trained, master }: { dtype: WeightType; trained: boolean; master?: OwnedPlace },
  ): Promise<ModelBuffers> {
    const held = { dtype, trained };
    requireRoom(device, name, layout, held);
    const remedy = remedyFor(layout, held);
    return await withinMemory(device, remedy, async () => {
      const buffers = new ModelBuffers(device, name, layout);
      try {
        if (dtype === "f32" || trained) buffers.trained = buffers.allocateTrained();
        if (master) buffers.master = buffers.#allocateMaster(master);
        if (dtype !== "f32") buffers.packed = PackedWeights.allocate(device, name, layout, dtype);
        await buffers.#compilePacking();
        return buffers;
      } catch (error) {
        buffers.dispose();
        throw error;
      }
    });
  }

  /** Allocates the weights in f32. */
  allocateTrained(): Arena {
    return Arena.allocate(this.device, `${this.name}: weights`, this.layout.places);
  }

  #allocateMaster({ place, bucketSize }: OwnedPlace): OwnedArena {
    const { size } = this.layout.places;
    return OwnedArena.allocate(this.device, `${this.name}: weights`, size, place, { bucketSize });
  }

  /** Compiles the rounding of the weights in f32, where there are both. */
  async #compilePacking(): Promise<void> {
    if (!this.trained || !this.packed) return;
    const r = new Recorder(this.device, "all", false);
    this.packed.recordPacking(r, this.trained);
    this.#packing = await r.compile(`${this.name}: rounding`);
  }

  /** Brings the halves up to the weights in f32; does nothing where there is only one of them. */
  pack(): void {
    this.#packing?.replay();
  }

  /**
   * Makes the weights in f32 out of the halves, for training.
   *
   * @throws {DeviceError} when they do not fit the device; nothing stays allocated
   */
  async unpack(): Promise<void> {
    this.dropTrained();
    this.trained = this.allocateTrained();
    try {
      const r = new Recorder(this.device, "all", false);
      this.packed!.recordUnpacking(r, this.trained);
      const program = await r.compile(`${this.name}: weights of halves`);
      program.replay();
      program.dispose();
      await this.#compilePacking();
    } catch (error) {
      this.dropTrained();
      throw error;
    }
  }

  /**
   * Divides the weights in f32 of a model of halves over ranks: keeps the own part, from the weights in f32 where there are
   * such, else from the halves.
   *
   * @throws {DeviceError} when it does not fit the device; nothing stays allocated
   */
  async divide(place: OwnedPlace): Promise<void> {
    const master = this.#allocateMaster(place);
    try {
      const r = new Recorder(this.device, "all", false);
      recordDivision(r, this.layout, { master, trained: this.trained, packed: this.packed! });
      const program = await r.compile(`${this.name}: own weights`);
      program.replay();
      program.dispose();
    } catch (error) {
      master.free(this.device);
      throw error;
    }
    this.dropTrained();
    this.master = master;
  }

  /** Takes weights in f32 in place of the own part of them. */
  async adoptTrained(whole: Arena): Promise<void> {
    this.dropTrained();
    this.trained = whole;
    await this.#compilePacking();
  }

  /** Frees the weights in f32 of a model that holds halves. */
  dropTrained(): void {
    this.master?.free(this.device);
    this.master = undefined;
    this.#packing?.dispose();
    this.#packing = undefined;
    this.trained?.free(this.device);
    this.trained = undefined;
  }

  /** Frees all of it. */
  dispose(): void {
    this.dropTrained();
    this.packed?.free(this.device);
    this.device.free(this.angles.range().buffer);
  }

  /** Frees it at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
