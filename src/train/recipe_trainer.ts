/**
 * Makes a trainer from a recipe.
 *
 * @module
 */
import { ConfigError, FormatError } from "../base/errors.ts";
import type { Dataset } from "../data/mod.ts";
import type { Model, ModelConfig } from "../model/mod.ts";
import type { Evaluation } from "./monitoring/evaluation.ts";
import { currentSettings } from "./stages/stage.ts";
import type { InstructOptions, PretrainOptions } from "./stages/stage_options.ts";
import type { Recipe, RecipeEvaluation, RecipeStage } from "./recipe.ts";
import { datasetOf, type RecipeParts } from "./recipe_data.ts";
import { Trainer } from "./trainer.ts";

/** Options of {@linkcode trainerOf}. */
export interface RecipeOptions extends RecipeParts {
  /** Evaluations for the recipe's places, in order; places without one are left out. */
  evaluations?: readonly Evaluation[];
  /** As in {@linkcode TrainerOptions}; a recipe holds no logs. */
  log?: string | readonly string[];
}

/**
 * Makes the trainer of a recipe for `model`, which must have the recipe's shape.
 *
 * @throws {FormatError} for a value that is not a recipe
 * @throws {ConfigError} for a model of another shape, or for data that JSON cannot hold and the options do not supply
 */
export function trainerOf(recipe: Recipe, model: Model, options: RecipeOptions = {}): Trainer {
  if (recipe?.recipe !== 1 || !Array.isArray(recipe.stages)) {
    throw new FormatError("this is not a recipe of a trainer", { expected: '"recipe": 1 and "stages"' });
  }
  for (const [key, value] of Object.entries(recipe.model.config)) {
    const actual = model.config[key as keyof ModelConfig];
    if (JSON.stringify(actual) === JSON.stringify(value)) continue;
    throw new ConfigError(
      `Cannot run the recipe on "${model.name}": its ${key} is ${JSON.stringify(actual)}, the recipe's ${
        JSON.stringify(value)
      }`,
      { path: `model.${key}`, value: actual },
    );
  }
  const { checkpoint, seed, keep, energy, parallel } = recipe;
  const { log, evaluations: given = [] } = options;
  const evaluations = [...given];
  let trainer = new Trainer(model, { checkpoint, seed, keep, log, energy, parallel });
  for (const item of recipe.stages) {
    if (item.name !== "evaluate") {
      const stage = currentSettings(item as RecipeStage);
      const data = datasetOf(stage.data, options) as Dataset;
      trainer = trainer[stage.kind](
        data as Dataset & Parameters<Trainer["instruct"]>[0],
        optionsOf(stage, options),
      );
    } else {
      const evaluation = evaluations.shift();
      if (evaluation) trainer = trainer.evaluate(evaluation, { every: (item as RecipeEvaluation).every });
    }
  }
  return trainer;
}

/** Returns the options that give a stage the recipe's settings. */
function optionsOf(stage: RecipeStage, parts: RecipeParts): PretrainOptions & InstructOptions {
  const {
    context,
    batch,
    microBatch,
    learningRate,
    minLearningRate,
    beta1,
    beta2,
    epsilon,
    weightDecay,
    clip,
  } = stage;
  const { held, validationRequested } = stage;
  const ownData = stage.validation && datasetOf(stage.validation, parts) as Dataset;
  const validation = ownData ?? (held === 0 ? false : validationRequested ? held! : undefined);
  const optional = {
    warmup: stage.warmup,
    validateEvery: stage.validateEvery,
    sampleEvery: stage.sampleEvery,
    checkpointEvery: stage.checkpointEvery,
    ...(stage.kind === "pretrain" ? { documentMask: stage.documentMask } : { template: stage.template }),
  };
  return {
    ...stage.length,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
    ...{ context, batchTokens: batch * context, microBatch, learningRate, minLearningRate },
    ...{ beta1, beta2, epsilon, weightDecay, clip, validation },
    save: stage.save,
    ...(stage.lora && { lora: stage.lora }),
    shuffle: stage.shuffle,
    skipSpikes: stage.skipSpikes,
    maxSkipped: stage.maxSkipped,
  };
}
