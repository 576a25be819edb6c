/**
 * The module of a user that exports what a recipe cannot hold.
 *
 * @module
 */
import { lazily } from "../../base/lazy_import.ts";
import type { ModelOptions } from "../../model/mod.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import type { RecipeParts } from "../recipe_data.ts";

/** The exports of such a module. */
export interface RecipeModule extends RecipeParts {
  /** Evaluations in the order of the chain. */
  evaluations?: readonly Evaluation[];
  /** Parts of the model that are the user's own, as in the options of `Model.load`. */
  parts?: ModelOptions["parts"];
}

/** Imports the module at an address; none exports nothing. */
export async function importRecipeModule(address: string | undefined): Promise<RecipeModule> {
  if (address === undefined) return {};
  const { functions, datasets, evaluations, parts } = await lazily(() => import(address)) as RecipeModule;
  return { functions, datasets, evaluations, parts };
}
