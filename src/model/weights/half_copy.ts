/**
 * Half precision: the products read a working copy of the weights in f16, and activations are stored in f16. The master
 * weights, gradients, moments, and every sum, norm, softmax and loss stay in f32 (Micikevicius et al. 2018; no loss
 * scaling, since gradients are never stored in halves).
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { type Device, type Program, Recorder, Tensor } from "../../gpu/mod.ts";
import { cast } from "../../ops/mod.ts";

/** The working copy of a model's weights. */
export class WorkingCopy {
  private constructor(
    private readonly device: Device,
    /** The copy, [size] f16. */
    readonly tensor: Tensor,
    private readonly program: Program,
  ) {}

  /**
   * Allocates the copy; {@linkcode refresh} fills it.
   *
   * @throws {DeviceError} where the adapter does not grant half precision
   */
  static async create(device: Device, owner: string, master: Tensor): Promise<WorkingCopy> {
    if (!device.f16) {
      throw new DeviceError(
        `Cannot make a model with dtype "f16": ${device.adapter} grants no shader-f16. Leave dtype at "f32"`,
      );
    }
    const label = `${owner}: working copy`;
    const bytes = master.size * 2;
    const buffer = device.buffer(label, bytes);
    try {
      const tensor = new Tensor(label, master.shape, "f16", { name: label, bytes, buffer, offset: 0 });
      const r = new Recorder(device, "all", false);
      cast(r, master, tensor);
      return new WorkingCopy(device, tensor, await r.compile(label));
    } catch (error) {
      device.free(buffer);
      throw error;
    }
  }

  /** Brings the copy up to its master. */
  refresh(): void {
    this.program.replay();
  }

  /** Gives the copy back. */
  dispose(): void {
    this.program.dispose();
    this.device.free(this.tensor.storage.buffer!);
  }
}
