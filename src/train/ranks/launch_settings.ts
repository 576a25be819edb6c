/**
 * Settings of a run that starts ranks of its own.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { ConfigError } from "../../base/errors.ts";
import type { Recipe } from "../recipe.ts";

/** The ranks of a run that starts them. */
export interface LaunchSettings {
  /** Number of ranks. */
  ranks: number;
  /** Ranks that hold one copy of the model. */
  modelRanks: number;
  /** The launcher and its options. */
  launcher?: readonly string[];
  /** Address of the module that exports what JSON cannot hold. */
  module?: string;
  /** The trainer. */
  recipe: Recipe;
  /** Goes on from the newest checkpoint. */
  resume: boolean;
  /** Replaces the checkpoints of an earlier run. */
  overwrite: boolean;
}

/**
 * Checks the settings of a run that starts ranks.
 *
 * @throws {ConfigError} without a folder of checkpoints, and for model ranks that do not divide the ranks
 */
export function launchSettings(settings: LaunchSettings, checkpoint: string | undefined): LaunchSettings {
  const { ranks, modelRanks, module } = settings;
  if (checkpoint === undefined) {
    throw new ConfigError(
      "Cannot launch: the weights come back in a checkpoint, give the trainer a folder: new Trainer(model, { checkpoint })",
      { path: "Trainer.checkpoint" },
    );
  }
  if (ranks % modelRanks !== 0) {
    throw new ConfigError(
      `Cannot use Trainer.launch.modelRanks: must divide ranks, ${ranks}, current value is ${modelRanks}`,
      { path: "Trainer.launch.modelRanks", value: modelRanks },
    );
  }
  const isAddress = module === undefined || /^[a-z][a-z0-9+.-]+:/i.test(module);
  return { ...settings, module: isAddress ? module : pathToFileURL(module).href };
}
