/**
 * What a trainer knows of an evaluation: that it can be run on a model. The evaluator is one.
 *
 * @module
 */
import type { Model } from "../model/mod.ts";

/** Something that measures a model in the middle of its training. */
export interface Evaluation {
  /** Measures the model; its weights do not change meanwhile. What it gives is what the `evaluation` event carries. */
  run(model: Model, options: { signal: AbortSignal }): Promise<unknown>;
}

/** When a trainer evaluates. */
export interface EvaluateOptions {
  /** Every so many steps of the stages that follow; without it once, at this place in the chain. */
  every?: number;
}
