/**
 * What a training step trains: all weights of a model, or adapters of some of them.
 *
 * @module
 */
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import { cast } from "../../ops/mod.ts";
import type { ModelState } from "../model_state.ts";
import type { ParameterLayout } from "../weights/weight_layout.ts";
import type { LlamaWeights } from "../architecture/llama_weights.ts";

/** One flat arena that is trained, and what it has to do with the model. */
export interface Trainable {
  /** Where the parameters stand in the arena, in its gradients and moments; the first `decayed` take weight decay. */
  readonly layout: ParameterLayout & { size: number; decayed: number };
  /** What is trained, f32. */
  readonly arena: Tensor;
  /** Sums beside the gradients that a step begins with zeros too. */
  readonly scratch: readonly Tensor[];
  /** The weights of the forward pass, with the places of their gradients. */
  weights(gradients: Tensor): LlamaWeights;
  /** Records what makes the arena's gradients of what the backward pass summed. */
  collectGradients(r: Recorder, gradients: Tensor): void;
  /** Records how the model follows its arena after an update. */
  syncToModel(r: Recorder): void;
  /** Gives back what the model does not own. */
  dispose(): void;
}

/** All weights of a model. */
export function allWeights(model: ModelState): Trainable {
  const { layout, arena, halfWeights: working } = model;
  return {
    layout,
    arena,
    scratch: [],
    weights: (gradients) => layout.views(model, gradients),
    collectGradients: () => {},
    syncToModel: (r) => working && cast(r, arena, working),
    dispose: () => {},
  };
}
