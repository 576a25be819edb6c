/**
 * The recipe of a trainer: its chain as JSON, from which `trainerOf` makes the trainer again.
 *
 * @module
 */
import type { CorpusCall } from "../data/mod.ts";
import type { ModelConfig } from "../model/mod.ts";
import type { EnergyOptions } from "./monitoring/energy.ts";
import type { Stage, StageSettings } from "./stages/stage.ts";
import type { StageData } from "./stages/stage_options.ts";
import type { KeepOptions, TrainerParallelOptions } from "./trainer_options.ts";

/** A stage in a recipe: its settings, and its data as steps. */
export type RecipeStage = StageSettings & { data: DataJSON; validation?: DataJSON };

/** An evaluation in a recipe; the evaluation itself comes from the caller that runs the recipe. */
export interface RecipeEvaluation {
  /** Marks an evaluation; a stage has its own name. */
  name: "evaluate";
  /** As in {@linkcode PeriodicEvaluationOptions}. */
  every?: number;
}

/** The result of {@linkcode Trainer.toJSON}. */
export interface Recipe {
  /** Version of this layout. */
  recipe: 1;
  /** The model: its name and shape, and the folder of its weights and tokenizer where there is one. */
  model: { name: string; config: ModelConfig; path?: string };
  /** As in {@linkcode TrainerOptions}. */
  checkpoint?: string;
  /** As in {@linkcode TrainerOptions}. */
  seed: number;
  /** As in {@linkcode TrainerOptions}. */
  keep: number | KeepOptions;
  /** As in {@linkcode TrainerOptions}. */
  energy?: EnergyOptions | false;
  /** As in {@linkcode TrainerOptions}; missing for defaults. */
  parallel?: false | TrainerParallelOptions;
  /** The chain of stages and evaluations. */
  stages: (RecipeStage | RecipeEvaluation)[];
}

/** A step of a dataset as JSON, with its input. */
export interface DataJSON {
  /** Verb of the step. */
  op: string;
  /** Its input in a list of one; the sources of a mixture by name. */
  from?: unknown;
  /** The call that makes the step, for one of the paper's corpora. */
  call?: CorpusCall;
  /** Options of the step. */
  [option: string]: unknown;
}

/** Returns a stage as JSON. */
export function stageJSON({ settings, data, validation }: Stage): RecipeStage {
  const json = (data: StageData) => data.toJSON() as DataJSON;
  return { ...settings, data: json(data), ...(validation && { validation: json(validation) }) };
}
