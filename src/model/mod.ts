/**
 * The model layer: configuration, the forward pass, weights, generation, scoring, planning, and the training step.
 *
 * @module
 */
export { Batch, type BatchRow } from "./batch.ts";
export {
  countParameters,
  type ModelConfig,
  type ModelShape,
  type ParameterCount,
  type Preset,
  presets,
  resolveConfig,
  trainingFlop,
} from "./config.ts";
export { type Finish, type GenerateOptions } from "./continuation.ts";
export { Decoder } from "./decoder.ts";
export { type BatchGenerateOptions, type GeneratedText } from "./generate_batch.ts";
export { Generation } from "./generation.ts";
export { type InspectOptions } from "./inspect.ts";
export { type Findings, Inspection, type Lens, type LensToken } from "./inspection.ts";
export { type ActivationStatistics, type GradientStatistics, type Spread } from "./statistics.ts";
export { type InnerPlace, llama, type LlamaInput } from "./llama.ts";
export { type LossResult, windowLoss } from "./loss.ts";
export { LORA_TARGETS, type LoraOptions, type LoraSettings, loraSettings, type LoraTarget } from "./lora.ts";
export {
  adaptedViews,
  type AdapterArenas,
  Adapters,
  type NamedTensors,
  type NamedWeights,
} from "./lora_adapters.ts";
export { type AdaptedSlot, AdapterLayout, loraFlop } from "./lora_layout.ts";
export { measureSpeed } from "./measure.ts";
export { Model } from "./model.ts";
export { modelCard } from "./model_card.ts";
export type { ModelOptions, SaveOptions } from "./model_options.ts";
export { activationBytes, Plan, type PlanBytes, type PlanFacts, type PlanOptions } from "./plan.ts";
export { Random } from "../base/random.ts";
export { distribution, sampleToken, type SamplingOptions } from "./sampling.ts";
export { type Prompt, type Score } from "./score.ts";
export { isShared, sharedDevice } from "./shared_device.ts";
export type { RopeScaling } from "./rope_scaling.ts";
export { type ModelState } from "./state.ts";
export { allWeights, type Trained } from "./trained.ts";
export type { ParameterPieces, TransferOptions } from "./transfer.ts";
export { type Moment, type StepRecord, TrainingStep, type TrainingStepOptions } from "./training_step.ts";
export {
  type LayerWeights,
  type LlamaWeights,
  type Parameter,
  type ParameterLayout,
  type Slot,
  type WeightArenas,
  WeightLayout,
} from "./weights.ts";
