/**
 * The loss on held-out text as a line of an evaluator's plan: nats per token, bits per byte, perplexity.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, NumericsError } from "../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../base/schema.ts";
import { Dataset, TokenDataset } from "../data/mod.ts";
import { count, withProgress } from "../display/mod.ts";
import { Model } from "../model/mod.ts";
import { datasetLoss } from "../model/scoring/window_loss.ts";
import { lossMeasures } from "./tasks/metric.ts";
import { modelFacts, type PlanEntry, type Protocol } from "./tasks/task_result.ts";
import { requireMethod } from "./models/eval_model.ts";
import { inOneLine } from "./task_data/task_source.ts";

/** Settings of {@linkcode Evaluator.loss}. */
export interface LossOptions {
  /** Name in reports; default `loss`. */
  name?: string;
  /** Number of windows to read, from the first; default all. */
  limit?: number;
}

const options = optionsSchema<LossOptions>("LossOptions")(z.strictObject({
  name: z.string().min(1).default("loss"),
  limit: z.int().min(1).optional(),
}));

/**
 * Makes the line of a plan that measures a loss. Nothing is read yet.
 *
 * @throws {ConfigError} for an unknown option, or something that is no dataset
 */
export function lossEntry(dataset: Dataset | TokenDataset, settings: LossOptions): PlanEntry {
  const { name, limit } = parseOptions(options, settings, "loss");
  if (!(dataset instanceof Dataset || dataset instanceof TokenDataset)) {
    throw new ConfigError(`Cannot use loss.dataset: must be a Dataset, current value is ${show(dataset)}`);
  }
  const data = inOneLine(dataset);
  return {
    name,
    facts: { task: name, kind: "loss", data, limit },
    async run(model, { model: modelName, seed, signal, shared }) {
      const lossModel = requireMethod(model, "loss", name);
      const result = await withProgress(`${name} on ${modelName}`, {}, () => {
        return model instanceof Model && shared
          ? datasetLoss(model, dataset, { limit, signal, group: shared.group, own: shared.own })
          : lossModel.loss(dataset, { limit, signal });
      });
      const { loss, error, tokens, bytes } = result;
      if (Number.isNaN(loss)) {
        throw new NumericsError(
          `Cannot measure "${name}": the loss of "${modelName}" is not a number, check its weights`,
        );
      }
      const protocol: Protocol = {
        rule: `mean over ${count(tokens)} tokens`,
        shots: 0,
        seed,
        data,
        limit,
        ...modelFacts(model),
        chatTemplate: false,
        truncated: 0,
        droppedShots: 0,
        unusable: 0,
        notes: [],
      };
      const measures = lossMeasures({ nats: loss * tokens, tokens, bytes, error, n: tokens });
      return {
        task: name,
        benchmark: "loss",
        model: modelName,
        kind: "loss",
        measures,
        protocol,
        items: [],
      };
    },
  };
}
