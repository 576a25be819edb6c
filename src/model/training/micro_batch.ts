/**
 * The recording of one micro-batch of a training step: forward pass, loss, backward pass.
 *
 * @module
 */
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import { lossSum, outputLoss } from "../../ops/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { llama } from "../architecture/llama.ts";
import type { LlamaInput } from "../architecture/llama_input.ts";
import type { LlamaWeights } from "../architecture/llama_weights.ts";

/** The tensors of the loss. R = batch * positions. */
interface LossTensors {
  /** [R] the targets, i32; -100 is ignored. */
  targets: Tensor;
  /** [8] the scalars of the step; the first is 1 / (targets that are not ignored, of the whole batch). */
  step: Tensor;
  /** [1] the sum that receives the loss. */
  loss: Tensor;
}

/** Records a micro-batch; every weight's gradient is added to the place that the weight names. */
export function recordMicroBatch(
  r: Recorder,
  weights: LlamaWeights,
  input: LlamaInput,
  config: ModelConfig,
  { targets, step, loss }: LossTensors,
): void {
  const x = llama(r, weights, input, config);
  const nll = r.tensor("nll", [x.rows]);
  outputLoss(r, x, weights.output, { targets, scale: step, nll, vocabSize: config.vocabSize });
  lossSum(r, nll, step, loss);
  r.backward();
}
