/**
 * What a model holds on the GPU. It knows nothing of the model, so that a model that nobody uses any more can be
 * collected and this given back.
 *
 * @module
 */
import type { Device, Tensor } from "../../gpu/mod.ts";
import { upload } from "../../ops/mod.ts";
import { rotaryAngles } from "../architecture/rope_scaling.ts";
import { makeArena, type WeightLayout } from "./weight_layout.ts";
import { WorkingCopy } from "./half_copy.ts";

/** Weights, rotary angles, and in half precision the working copy. */
export class ModelBuffers {
  /** The weights, [size] f32. */
  readonly arena: Tensor;
  /** Rotary angles, [context, 2, E / 2]. */
  readonly angles: Tensor;
  /** The copy that products read, of models of dtype f16. */
  halfWeights?: WorkingCopy;

  /** Allocates weights and angles for a layout. */
  constructor(readonly device: Device, name: string, layout: WeightLayout) {
    const { config } = layout;
    const shape = [config.context, 2, config.dim / config.heads / 2];
    this.arena = makeArena(device, `${name}: weights`, layout.size);
    this.angles = upload(device, `${name}: angles`, { shape, data: rotaryAngles(config) });
  }

  /** All of it; in half precision with the working copy. */
  static async create(
    device: Device,
    name: string,
    layout: WeightLayout,
    dtype: "f32" | "f16",
  ): Promise<ModelBuffers> {
    const held = new ModelBuffers(device, name, layout);
    try {
      if (dtype === "f16") held.halfWeights = await WorkingCopy.create(device, name, held.arena);
      return held;
    } catch (error) {
      held.dispose();
      throw error;
    }
  }

  /** Gives all of it back. */
  dispose(): void {
    for (const tensor of [this.arena, this.angles]) this.device.free(tensor.range().buffer);
    this.halfWeights?.dispose();
  }
}
