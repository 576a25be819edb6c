/**
 * The model layer: configuration, the forward pass, weights, generation, scoring, planning, and the training step.
 *
 * @module
 */
export { Random } from "../base/random.ts";
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
export { attend, block, embed, feedForward, llama, normalise } from "./architecture/llama.ts";
export type { InnerPlace, LlamaInput } from "./architecture/llama_input.ts";
export type { LayerWeights, LlamaWeights } from "./architecture/llama_weights.ts";
export type { ChosenParts, ModelParts, OwnActivation, OwnForward } from "./architecture/model_config.ts";
export type { RopeScaling } from "./architecture/rope_scaling.ts";
export { type Shard, wholeModel } from "./architecture/shard.ts";
export type { FinishReason } from "./generation/continuation.ts";
export type { BatchGenerateOptions, GeneratedText } from "./generation/generate_batch.ts";
export { Generation } from "./generation/generation.ts";
export { sampleToken, type SamplingOptions } from "./generation/sampling.ts";
export type { GenerateOptions, ModelChatOptions } from "./generation/sampling_settings.ts";
export type { InspectOptions } from "./inspection/inspect.ts";
export { type Findings, Inspection, type Lens, type LensToken } from "./inspection/inspection.ts";
export type { ActivationStatistics, GradientStatistics, Spread } from "./inspection/statistics.ts";
export { Model } from "./model.ts";
export type { ModelOptions, SaveOptions } from "./model_options.ts";
export type { ModelHandle, Prompt } from "./model_state.ts";
export type {
  GroupName,
  Link,
  MeasuredNetwork,
  NetworkFigures,
  TimedExchange,
  Traffic,
} from "./planning/network.ts";
export type { ParallelFacts, PlanFacts, RankMemory, StepSeconds } from "./planning/plan_facts.ts";
export type { PlanOptions, PlanParallel } from "./planning/plan_options.ts";
export { Plan } from "./planning/training_plan.ts";
export type { Score } from "./scoring/score.ts";
export { type LossFacts, LossResult } from "./scoring/loss_result.ts";
export type { AdamMoment, TrainingStepOptions } from "./training/build_step.ts";
export { Adapters } from "./training/lora_adapters.ts";
export { type AdaptedSlot, AdapterLayout } from "./training/lora_layout.ts";
export {
  LORA_TARGETS,
  type LoraOptions,
  type LoraSettings,
  type LoraTarget,
} from "./training/lora_options.ts";
export type { PlanBytes } from "./training/step_memory.ts";
export type { Trainable, TrainedWeights } from "./training/trainable.ts";
export type { Stepping, StepRecord } from "./training/stepping.ts";
export { TrainingStep } from "./training/training_step.ts";
export { Arena, type ArenaRows } from "./weights/arena.ts";
export { ArenaLayout, type ArenaTensor } from "./weights/arena_layout.ts";
export { OwnedArena, type OwnedArenaOptions } from "./weights/owned_arena.ts";
export type { ElementRange, RankPlace } from "./weights/owned_ranges.ts";
export type { DividedStore, HeldParameters } from "./ranks/held_parameters.ts";
export type { NamedTensors, NamedWeights } from "./weights/named_weights.ts";
export type { ParameterPieces, ParameterStore, TransferOptions } from "./weights/stream_weights.ts";
export {
  type HeldPart,
  type ModelWeights,
  type Parameter,
  type ParameterLayout,
  type SlotPart,
  WeightLayout,
  type WeightSlot,
} from "./weights/weight_layout.ts";
