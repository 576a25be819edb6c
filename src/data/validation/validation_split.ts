/**
 * A plain split for validation, by hash of the ids.
 *
 * @module
 */
import { Dataset } from "../dataset.ts";
import { validationParts } from "./hold_out.ts";
import { partPlan } from "../steps/split.ts";

/**
 * The dataset in two by a hash of `seed` and each record's id, before anything is packed: about `share` of the
 * records to measure with, the rest to train on. {@linkcode holdOut} adds the rules for small data.
 */
export function validationSplit<T>(
  dataset: Dataset<T>,
  share: number,
  seed = 42,
): { train: Dataset<T>; validation: Dataset<T> } {
  const { train, validation } = validationParts(share, seed);
  return {
    train: new Dataset(partPlan(dataset.plan, train)),
    validation: new Dataset(partPlan(dataset.plan, validation)),
  };
}
