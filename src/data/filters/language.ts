/**
 * Language identification [paper 2.1] with CCNet's own classifier: fastText's lid.176, 176 languages.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import { type FastText, loadFastText, type Prediction } from "./fasttext.ts";

/** Which languages stay. */
export interface LanguageOptions {
  /** Languages to keep, by their codes, such as `en` or `["en", "fr"]`; without it all stay and are labelled. */
  keep?: string | readonly string[];
  /** The least probability of the best label; default 0.5, as in CCNet. Equal stays. */
  min?: number;
  /** A fastText model file instead of lid.176, which arrives with the dependencies. */
  model?: string;
}

const schema = optionsSchema<LanguageOptions>()(z.strictObject({
  keep: z.union([z.string(), z.array(z.string()).readonly()]).optional(),
  min: z.number().min(0).max(1).default(0.5),
  model: z.string().optional(),
}));

/** The documents in the languages asked for; each gets `meta.language` and `meta.languageScore`. */
export function languagePlan(
  input: DatasetPlan<Document>,
  options: LanguageOptions = {},
): DatasetPlan<Document> {
  const { keep, min, model } = parseOptions(schema, options, "Dataset.language");
  const wanted = keep === undefined ? undefined : [keep].flat();
  return textStepPlan(input, {
    op: "language",
    options: { keep: wanted, min, model },
    job: () => judgeOf(import.meta.url, { wanted, min, model }, languageJudge),
  });
}

/** Judges by language: the least probability, the languages wanted if not all, the file of the model. */
export async function languageJudge(
  { wanted, min, model }: { wanted?: readonly string[]; min: number; model?: string },
): Promise<Judge> {
  const classifier = await languageModel(model);
  return ({ text }) => {
    const { label, probability } = languageOf(text, classifier);
    if (probability < min) return { drop: "not sure enough of a language" };
    if (wanted && !wanted.includes(label)) return { drop: `language ${label}` };
    return { text, meta: { language: label, languageScore: probability } };
  };
}

/**
 * The most probable language of a text; the probability is rounded to 2 decimals, and line ends are taken out without a
 * space, both as in CCNet. A text in which nothing is known has the label `unknown`.
 */
export function languageOf(text: string, model: FastText): Prediction {
  const [best] = model.predict(text.replaceAll("\n", ""));
  return best
    ? { label: best.label, probability: Math.round(Math.min(1, best.probability) * 100) / 100 }
    : { label: "unknown", probability: 0 };
}

let standard: Promise<FastText> | undefined;

/** The classifier of a file, or lid.176, which is loaded once. */
export function languageModel(path?: string): Promise<FastText> {
  if (path !== undefined) return loadFastText(path);
  return standard ??= loadStandard().catch((error) => {
    standard = undefined;
    throw error;
  });
}

async function loadStandard(): Promise<FastText> {
  const { getLIDModel } = await import("fasttext.wasm.js");
  const { modelPath } = await getLIDModel();
  return loadFastText(modelPath.startsWith("file:") ? new URL(modelPath) : modelPath);
}
