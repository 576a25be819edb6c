/**
 * The parameters that a training step trains: all weights of a model, or adapters of some of them.
 *
 * @module
 */
import type { Recorder } from "../../gpu/mod.ts";
import type { LlamaWeights } from "../architecture/llama_weights.ts";
import type { ModelState } from "../model_state.ts";
import type { Arena } from "../weights/arena.ts";
import type { ArenaLayout } from "../weights/arena_layout.ts";
import type { ParameterLayout } from "../weights/weight_layout.ts";

/** Parameters that are trained, and their relation to the model. */
export interface TrainedWeights {
  /**
   * The place of every parameter in the arena, its gradients and moments. The first `decayed` elements take weight decay;
   * those from `replicated` on are held alike by all ranks that share a copy of the model.
   */
  readonly layout: ParameterLayout & { places: ArenaLayout; decayed: number; replicated?: number };
  /** Further sums that a step clears together with the gradients. */
  readonly scratch: readonly Arena[];
  /** Returns the weights of the forward pass; each that is trained names the place of its gradient. */
  weights(gradients: Arena): LlamaWeights;
  /** Records the calls that turn the sums of the backward pass into the arena's gradients. */
  collectGradients(r: Recorder, gradients: Arena): void;
  /** Records the calls that bring the model up to the arena after an update. */
  syncToModel(r: Recorder): void;
  /** Frees the memory that the model does not own. */
  dispose(): void;
}

/** Trained parameters in an arena of their own. */
export interface Trainable extends TrainedWeights {
  /** The trained parameters, f32. */
  readonly arena: Arena;
}

/** Returns all weights of a model, which has them in f32, as the parameters to train. */
export function allWeights(model: ModelState): Trainable {
  const { layout, packed } = model;
  const arena = model.trained!;
  return {
    layout,
    arena,
    scratch: [],
    weights: (gradients) => layout.views(model, gradients),
    collectGradients: () => {},
    syncToModel: (r) => packed?.recordPacking(r, arena),
    dispose: () => {},
  };
}
