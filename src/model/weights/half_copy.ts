/**
 * Half precision: matrix products read a copy of the weights in f16, and activations are stored in f16.
 *
 * Weights, gradients, moments, and every sum, norm, softmax and loss stay in f32 (Micikevicius and others 2018). Loss
 * scaling is not needed, since gradients are never stored in f16.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { type Device, type Program, Recorder, Tensor } from "../../gpu/mod.ts";
import { cast } from "../../ops/mod.ts";

/** The copy of a model's weights in f16. */
export class HalfCopy {
  private constructor(
    private readonly device: Device,
    /** [size] the copy, f16. */
    readonly tensor: Tensor,
    private readonly program: Program,
  ) {}

  /**
   * Allocates the copy of `weights`; {@linkcode refresh} fills it.
   *
   * @throws {DeviceError} when the adapter does not grant half precision
   */
  static async create(device: Device, owner: string, weights: Tensor): Promise<HalfCopy> {
    if (!device.f16) {
      throw new DeviceError(
        `Cannot make a model with dtype "f16": ${device.adapter} grants no shader-f16. Leave dtype at "f32"`,
      );
    }
    const label = `${owner}: f16 weights`;
    const bytes = weights.size * 2;
    const buffer = device.buffer(label, bytes);
    try {
      const tensor = new Tensor(label, weights.shape, "f16", { name: label, bytes, buffer, offset: 0 });
      const r = new Recorder(device, "all", false);
      cast(r, weights, tensor);
      return new HalfCopy(device, tensor, await r.compile(label));
    } catch (error) {
      device.free(buffer);
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
    this.device.free(this.tensor.storage.buffer!);
  }
}
