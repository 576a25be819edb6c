/**
 * The train layer [paper 2.2, 2.3, 4, 6]: a trainer is a cold chain of stages, a run is that chain at work.
 *
 * ```ts
 * import { Trainer } from "@llamero/sdk/train";
 *
 * const run = new Trainer(model, { checkpoint: "runs/5m" })
 *   .pretrain(corpus, { tokens: 20e6, learningRate: 1e-3 })
 *   .instruct(conversations, { epochs: 3 })
 *   .run();
 * for await (const { step, loss } of run.events("step")) console.log(step, loss);
 * const { status, history } = await run;
 * ```
 *
 * @module
 */
export { EnergyMeter, type EnergyOptions, type EnergyUse, wattHours } from "./energy.ts";
export type { EvaluateOptions, Evaluation } from "./evaluation.ts";
export type {
  CheckpointEvent,
  DoneEvent,
  EvaluationEvent,
  EventOf,
  EventPlace,
  HistoryEntry,
  RunEvent,
  SampleEvent,
  StageEvent,
  StageResult,
  StepEvent,
  ValidationEvent,
  WarningEvent,
} from "./events.ts";
export { Rate, Smoothed, utilisation } from "./metrics.ts";
export { type MaskedExample, MaskPreview } from "./mask_preview.ts";
export type { InstructOptions, PretrainOptions, StageData, StageOptions } from "./options.ts";
export type { OwnedStep } from "./owned_steps.ts";
export type { Recipe, RecipeEvaluation, RecipeStage } from "./recipe.ts";
export { type RecipeOptions, trainerOf } from "./recipe_trainer.ts";
export { type DataJSON, datasetOf, type RecipeParts } from "./recipe_data.ts";
export { type RunFacts, RunResult } from "./result.ts";
export { Run, type RunStatus } from "./run.ts";
export { learningRateAt, type Schedule } from "./schedule.ts";
export type { StageKind, StageLength, StageSettings } from "./stage.ts";
export {
  type InstructionTask,
  type InstructionTemplate,
  type TaskFields,
  taskMixture,
  type TaskMixtureOptions,
} from "./tasks.ts";
export { Trainer } from "./trainer.ts";
export type {
  KeepOptions,
  ResumeOptions,
  RunOptions,
  TrainerOptions,
  VerifyResumeOptions,
} from "./trainer_options.ts";
export { type StagePlan, TrainerPlan } from "./trainer_plan.ts";
export { ResumeProof, type ResumeProofFacts } from "./verify.ts";
