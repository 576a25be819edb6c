/**
 * Half precision: matrix products read a copy of the weights in f16, and activations are stored in f16.
 *
 * Weights, gradients, moments, and every sum, norm, softmax and loss stay in f32 (Micikevicius and others 2018). Loss
 * scaling is not needed, since gradients are never stored in f16.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { type Device, type Program, Recorder } from "../../gpu/mod.ts";
import { cast } from "../../ops/mod.ts";
import { Arena } from "./arena.ts";

/** The copy of a model's weights in f16. */
export class HalfCopy {
  private constructor(
    private readonly device: Device,
    /** The copy, f16. */
    readonly arena: Arena,
    private readonly program: Program,
  ) {}

  /**
   * Allocates the copy of `weights`; {@linkcode refresh} fills it.
   *
   * @throws {DeviceError} when the adapter does not grant half precision
   */
  static async create(device: Device, owner: string, weights: Arena): Promise<HalfCopy> {
    if (!device.f16) {
      throw new DeviceError(
        `Cannot make a model with dtype "f16": ${device.adapter} grants no shader-f16. Leave dtype at "f32"`,
      );
    }
    const label = `${owner}: f16 weights`;
    const arena = Arena.allocate(device, label, weights.layout, { dtype: "f16" });
    try {
      const r = new Recorder(device, "all", false);
      weights.chunks.forEach((chunk, i) => cast(r, chunk, arena.chunks[i]));
      return new HalfCopy(device, arena, await r.compile(label));
    } catch (error) {
      arena.free(device);
      throw error;
    }
  }

  /** Brings the copy up to the weights. */
  refresh(): void {
    this.program.replay();
  }

  /** Frees the copy. */
  dispose(): void {
    this.program.dispose();
    this.arena.free(this.device);
  }
}
