/**
 * Training [paper 2.3, 2.4, 4, 6]: a Trainer plans a chain of stages, a Run carries it out.
 *
 * ```ts
 * import { Dataset, Model, Tokenizer } from "@llamero/sdk";
 * import { Trainer } from "@llamero/sdk/train";
 *
 * const corpus = Dataset.sample("moby-dick").take(20);
 * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
 * const model = await Model.create("nano", { tokenizer, context: 64 });
 * const run = new Trainer(model).pretrain(corpus, { steps: 5, batchTokens: 256 }).run();
 * for await (const { step, loss } of run.events("step")) console.log(step, loss);
 * const { status, tokens } = await run;
 * console.log(status, tokens);
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
export { type OtherWork, utilisation } from "./monitoring/metrics.ts";
export { type MaskedExample, type MaskedPiece, MaskPreview } from "./stages/mask_preview.ts";
export type { InstructOptions, PretrainOptions, StageData, StageOptions } from "./stages/stage_options.ts";
export type { ManualStep } from "./loop/manual_steps.ts";
export type { DataJSON, Recipe, RecipeEvaluation, RecipeStage } from "./recipe.ts";
export { type RecipeOptions, trainerOf } from "./recipe_trainer.ts";
export { datasetOf, type RecipeParts } from "./recipe_data.ts";
export { type RunFacts, RunResult } from "./monitoring/card/run_result.ts";
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
  LaunchOptions,
  ResumeOptions,
  RunOptions,
  TrainerOptions,
  TrainerParallelOptions,
  VerifyResumeOptions,
} from "./trainer_options.ts";
export { type StagePlan, TrainerPlan } from "./trainer_plan.ts";
export type { StageDataFacts } from "./stages/stage_data.ts";
export { ResumeProof, type ResumeProofFacts } from "./verify_resume.ts";
