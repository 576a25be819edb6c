/**
 * Training [paper 2.2, 2.3, 4, 6]: a Trainer plans a chain of stages, a Run carries it out.
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
export { type EnergyOptions, type EnergyUse, wattHours } from "./monitoring/energy.ts";
export type { Evaluation, PeriodicEvaluationOptions } from "./monitoring/evaluation.ts";
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
} from "./monitoring/events.ts";
export { utilisation } from "./monitoring/metrics.ts";
export { type MaskedExample, MaskPreview } from "./stages/mask_preview.ts";
export type { InstructOptions, PretrainOptions, StageData, StageOptions } from "./stages/stage_options.ts";
export type { ManualStep } from "./loop/manual_steps.ts";
export type { DataJSON, Recipe, RecipeEvaluation, RecipeStage } from "./recipe.ts";
export { type RecipeOptions, trainerOf } from "./recipes/recipe_trainer.ts";
export { datasetOf, type RecipeParts } from "./recipes/recipe_data.ts";
export { type RunFacts, RunResult } from "./monitoring/run_result.ts";
export { Run, type RunStatus } from "./run.ts";
export { learningRateAt, type Schedule } from "./stages/schedule.ts";
export type { StageKind, StageLength, StageSettings } from "./stages/stage.ts";
export {
  type InstructionTask,
  type InstructionTemplate,
  type TaskFields,
  taskMixture,
  type TaskMixtureOptions,
} from "./stages/instruction_tasks.ts";
export { Trainer } from "./trainer.ts";
export type {
  KeepOptions,
  ResumeOptions,
  RunOptions,
  TrainerOptions,
  VerifyResumeOptions,
} from "./trainer_options.ts";
export { type StagePlan, TrainerPlan } from "./trainer_plan.ts";
export { ResumeProof, type ResumeProofFacts } from "./verify_resume.ts";
