/**
 * The check of a model's own parts before any memory is taken for its weights: they are recorded once, forward and backward.
 *
 * @module
 */
import { ConfigError, LlameroError } from "../../base/errors.ts";
import { type Device, Recorder, Tensor } from "../../gpu/mod.ts";
import { Batch } from "../architecture/batch.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { llama } from "../architecture/llama.ts";
import { ownParts } from "../architecture/parts.ts";
import { headDim } from "../architecture/shard.ts";
import { Arena } from "../weights/arena.ts";
import { PackedWeights, type WeightType } from "../weights/packed_weights.ts";
import { WeightLayout } from "../weights/weight_layout.ts";

/**
 * Refuses parts of the user's own that cannot be recorded.
 *
 * @throws {ConfigError} for a part that throws, that gives a tensor of another shape or number format, or that leaves no gradient
 */
export function checkOwnParts(config: ModelConfig, device: Device, dtype: WeightType): void {
  const parts = ownParts(config);
  if (parts.length === 0) return;
  const layout = new WeightLayout(config);
  const arena = (name: string) => Arena.planned(device.limits, name, layout.places);
  const packed = dtype === "f32" ? undefined : PackedWeights.planned(device.limits, layout, dtype);
  const isTrained = dtype !== "q8";
  const weights = layout.views(
    { trained: arena("weights"), packed },
    isTrained ? arena("gradients") : undefined,
  );
  const sequences = 2;
  using batch = new Batch(device, "parts", sequences, Math.min(config.context, 3), config.vocabSize);
  const { tokens, positions, spans } = batch;
  const shape = [config.context, 2, headDim(config) / 2];
  const angles = new Tensor("angles", shape, "f32", { name: "angles", bytes: 0, offset: 0 });
  const r = new Recorder(device, "all", isTrained);
  const x = llama(r, weights, { tokens, positions, spans, angles, batch: sequences }, config);
  x.grad = r.tensor("dx", x.shape);
  try {
    r.backward();
  } catch (cause) {
    if (cause instanceof LlameroError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      `Cannot use Model.parts: the backward pass with ${parts.join(" and ")} threw "${reason}"`,
      { path: "Model.parts", cause },
    );
  }
}
