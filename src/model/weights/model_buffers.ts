/**
 * The GPU memory of a model.
 *
 * It does not refer to the model, so that a model that nobody uses can be collected and its memory freed.
 *
 * @module
 */
import type { Device, Tensor } from "../../gpu/mod.ts";
import { upload } from "../../ops/mod.ts";
import { rotaryAngles } from "../architecture/rope_scaling.ts";
import { Arena } from "./arena.ts";
import { HalfCopy } from "./half_copy.ts";
import type { WeightLayout } from "./weight_layout.ts";

/** Weights, rotary angles, and in half precision the copy in f16. */
export class ModelBuffers {
  /** The weights, f32. */
  readonly arena: Arena;
  /** [context, 2, E / 2] the rotary angles. */
  readonly angles: Tensor;
  /** The copy that matrix products read, of models of dtype f16. */
  halfCopy?: HalfCopy;

  /** Allocates weights and angles for a layout. */
  constructor(readonly device: Device, name: string, layout: WeightLayout) {
    const { config } = layout;
    const shape = [config.context, 2, config.dim / config.heads / 2];
    this.arena = Arena.allocate(device, `${name}: weights`, layout.places);
    this.angles = upload(device, `${name}: angles`, { shape, data: rotaryAngles(config) });
  }

  /**
   * Allocates all of it; in half precision with the copy.
   *
   * @throws {DeviceError} when it does not fit the device, or the adapter does not grant half precision
   */
  static async create(
    device: Device,
    name: string,
    layout: WeightLayout,
    dtype: "f32" | "f16",
  ): Promise<ModelBuffers> {
    const buffers = new ModelBuffers(device, name, layout);
    try {
      if (dtype === "f16") buffers.halfCopy = await HalfCopy.create(device, name, buffers.arena);
      return buffers;
    } catch (error) {
      buffers.dispose();
      throw error;
    }
  }

  /** Frees all of it. */
  dispose(): void {
    this.arena.free(this.device);
    this.device.free(this.angles.range().buffer);
    this.halfCopy?.dispose();
  }
}
