/**
 * The GPU memory of a model.
 *
 * It does not refer to the model, so that a model that nobody uses can be collected and its memory freed.
 *
 * @module
 */
import { type Device, type Tensor, withinMemory } from "../../gpu/mod.ts";
import { upload } from "../../ops/mod.ts";
import { rotaryAngles } from "../architecture/rope_scaling.ts";
import { Arena } from "./arena.ts";
import { HalfCopy } from "./half_copy.ts";
import type { WeightLayout } from "./weight_layout.ts";
import { bytesPerWeight, remedyFor, requireRoom } from "./weights_room.ts";

/** Weights, rotary angles, and in half precision the copy in f16. */
export class ModelBuffers {
  private constructor(
    /** The device that holds it. */
    readonly device: Device,
    /** The weights, f32. */
    readonly arena: Arena,
    /** [context, 2, E / 2] the rotary angles. */
    readonly angles: Tensor,
    /** The copy that matrix products read, of models of dtype f16. */
    readonly halfCopy?: HalfCopy,
  ) {}

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
    requireRoom(device, name, layout, dtype);
    const remedy = remedyFor(layout, bytesPerWeight[dtype] * layout.places.size);
    return await withinMemory(device, remedy, async () => {
      using making = new DisposableStack();
      const arena = Arena.allocate(device, `${name}: weights`, layout.places);
      making.defer(() => arena.free(device));
      const { config } = layout;
      const shape = [config.context, 2, config.dim / config.heads / 2];
      const angles = upload(device, `${name}: angles`, { shape, data: rotaryAngles(config) });
      making.defer(() => device.free(angles.range().buffer));
      const halfCopy = dtype === "f16" ? await HalfCopy.create(device, name, arena) : undefined;
      making.move();
      return new ModelBuffers(device, arena, angles, halfCopy);
    });
  }

  /** Frees all of it. */
  dispose(): void {
    this.arena.free(this.device);
    this.device.free(this.angles.range().buffer);
    this.halfCopy?.dispose();
  }

  /** Frees it at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
