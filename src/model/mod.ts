/**
 * The model layer: configuration, the forward pass, weights, generation, scoring, planning, and the training step.
 *
 * @module
 */
export { Batch, type BatchRow } from "./architecture/batch.ts";
export {
  countParameters,
  type ModelConfig,
  type ModelShape,
  type ParameterCount,
  type Preset,
  presets,
  resolveConfig,
  trainingFlop,
} from "./architecture/config.ts";
export { type FinishReason, type GenerateOptions } from "./generation/continuation.ts";
export { Decoder } from "./generation/decoder.ts";
export { type BatchGenerateOptions, type GeneratedText } from "./generation/generate_batch.ts";
export { Generation } from "./generation/generation.ts";
export { type InspectOptions } from "./inspection/inspect.ts";
export { type Findings, Inspection, type Lens, type LensToken } from "./inspection/inspection.ts";
export { type ActivationStatistics, type GradientStatistics, type Spread } from "./inspection/statistics.ts";
export { type InnerPlace, llama, type LlamaInput } from "./architecture/llama.ts";
export { type LossResult, windowLoss } from "./scoring/window_loss.ts";
export {
  LORA_TARGETS,
  type LoraOptions,
  type LoraSettings,
  loraSettings,
  type LoraTarget,
} from "./training/lora_options.ts";
export {
  adaptedViews,
  type AdapterArenas,
  Adapters,
  type NamedTensors,
  type NamedWeights,
} from "./training/lora_adapters.ts";
export { type AdaptedSlot, AdapterLayout, loraFlop } from "./training/lora_layout.ts";
export { measureSpeed } from "./training/measure_speed.ts";
export { Model } from "./model.ts";
export { modelCard } from "./files/model_card.ts";
export type { ModelOptions, SaveOptions } from "./model_options.ts";
export {
  activationBytes,
  Plan,
  type PlanBytes,
  type PlanFacts,
  type PlanOptions,
} from "./training/training_plan.ts";
export { Random } from "../base/random.ts";
export { distribution, sampleToken, type SamplingOptions } from "./generation/sampling.ts";
export { type Score } from "./scoring/score.ts";
export { isShared, sharedDevice } from "./shared_device.ts";
export type { RopeScaling } from "./architecture/rope_scaling.ts";
export { type ModelState } from "./model_state.ts";
export { allWeights, type Trainable } from "./training/trainable.ts";
export type { ParameterPieces, TransferOptions } from "./weights/stream_weights.ts";
export {
  type AdamMoment,
  type StepRecord,
  TrainingStep,
  type TrainingStepOptions,
} from "./training/training_step.ts";
export {
  type Parameter,
  type ParameterLayout,
  type WeightArenas,
  WeightLayout,
  type WeightSlot,
} from "./weights/weight_layout.ts";
export type { Prompt } from "./model_state.ts";
export type { LayerWeights, LlamaWeights } from "./architecture/llama_weights.ts";
