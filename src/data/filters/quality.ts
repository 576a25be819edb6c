/**
 * The quality filter [paper 2.1], which drops pages that a linear classifier does not class as references.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import { scoreOf, TextClassifier } from "./classifier.ts";

/** Options of the filter. */
export interface QualityOptions {
  /** The classifier. */
  model: TextClassifier;
  /** Minimum score; default 0.25, as in RedPajama (the paper gives none). */
  min?: number;
}

const schema = optionsSchema<QualityOptions>("QualityOptions")(z.strictObject({
  model: z.custom<TextClassifier>((value) => value instanceof TextClassifier, "must be a TextClassifier"),
  min: z.number().min(0).max(1).default(0.25),
}));

/** Plans the documents with a score of at least `min`; each gets `meta.quality`. */
export function qualityPlan(input: DatasetPlan<Document>, options: QualityOptions): DatasetPlan<Document> {
  const { model, min } = parseOptions(schema, options, "Dataset.quality");
  return textStepPlan(input, {
    op: "quality",
    options: { min },
    identity: () => model.fingerprint,
    job: () => judgeOf(import.meta.url, { weights: model.weights, min }, qualityJudge),
  });
}

/** Returns the judge by the score of a classifier with these weights. */
export function qualityJudge({ weights, min }: { weights: Float32Array; min: number }): Judge {
  return ({ text }) => {
    const quality = scoreOf(weights, text);
    return quality < min ? { drop: `score below ${min}` } : { text, meta: { quality } };
  };
}
