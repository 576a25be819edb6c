/**
 * Recipes: a trainer's plan as JSON that runs as a script; recipe_trainer.ts makes a trainer of it again.
 *
 * @module
 */
import type { CorpusCall } from "../data/mod.ts";
import type { ModelConfig } from "../model/mod.ts";
import type { EnergyOptions } from "./monitoring/energy.ts";
import type { StageSettings } from "./stages/stage.ts";
import type { KeepOptions } from "./trainer_options.ts";

/** A stage in a recipe: all settings, and the data as its steps. */
export type RecipeStage = StageSettings & { data: DataJSON; validation?: DataJSON };

/** A place in a recipe at which something is evaluated; what it is comes from whoever runs the recipe. */
export interface RecipeEvaluation {
  /** Tells it from a stage. */
  name: "evaluate";
  /** As in {@linkcode EvaluateOptions}. */
  every?: number;
}

/** What `trainer.toJSON()` gives. */
export interface Recipe {
  /** Version of this layout. */
  recipe: 1;
  /** What is trained: its shape, and the folder that holds its weights and tokenizer, where one does. */
  model: { name: string; config: ModelConfig; path?: string };
  /** As in {@linkcode TrainerOptions}. */
  checkpoint?: string;
  /** As in {@linkcode TrainerOptions}. */
  seed: number;
  /** As in {@linkcode TrainerOptions}. */
  keep: number | KeepOptions;
  /** As in {@linkcode TrainerOptions}. */
  log?: string;
  /** As in {@linkcode TrainerOptions}. */
  energy?: EnergyOptions | false;
  /** The chain. */
  stages: (RecipeStage | RecipeEvaluation)[];
}

/** A step as JSON, with what it reads from. */
export interface DataJSON {
  /** The verb that made it. */
  op: string;
  /** Its input in a list of one; of a mixture its sources by name. */
  from?: unknown;
  /** Of a corpus of the paper the call that made it. */
  call?: CorpusCall;
  /** Its options. */
  [option: string]: unknown;
}
