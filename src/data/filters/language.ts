/**
 * Language identification [paper 2.1] with CCNet's classifier: fastText's lid.176, for 176 languages.
 *
 * @module
 */
import { basename } from "node:path";
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { lazily } from "../../base/lazy_import.ts";
import { withProgress } from "../../display/progress.ts";
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import { type FastText, loadFastText, type Prediction } from "./fasttext.ts";

/** The selection of languages. */
export interface LanguageOptions {
  /** Codes of the languages to keep, such as `en` or `["en", "fr"]`; default: all stay and are labelled. */
  keep?: string | readonly string[];
  /** Minimum probability of the best label; default 0.5, as in CCNet. */
  min?: number;
  /** Path of a fastText model; default lid.176 from the package fasttext.wasm.js. */
  model?: string;
}

const schema = optionsSchema<LanguageOptions>("LanguageOptions")(z.strictObject({
  keep: z.union([z.string(), z.array(z.string()).readonly()]).optional(),
  min: z.number().min(0).max(1).default(0.5),
  model: z.string().optional(),
}));

/** Plans the documents in the given languages; each gets `meta.language` and `meta.languageScore`. */
export function languagePlan(
  input: DatasetPlan<Document>,
  options: LanguageOptions = {},
): DatasetPlan<Document> {
  const { keep, min, model } = parseOptions(schema, options, "Dataset.language");
  const languages = keep === undefined ? undefined : [keep].flat();
  return textStepPlan(input, {
    op: "language",
    options: { keep: languages, min, model },
    job: () => judgeOf(import.meta.url, { languages, min, model }, languageJudge),
  });
}

/** Returns the judge of a document's language. */
export async function languageJudge(
  { languages, min, model }: { languages?: readonly string[]; min: number; model?: string },
): Promise<Judge> {
  const classifier = await languageModel(model);
  return ({ text }) => {
    const { label, probability } = languageOf(text, classifier);
    if (probability < min) return { drop: "not sure enough of a language" };
    if (languages && !languages.includes(label)) return { drop: `language ${label}` };
    return { text, meta: { language: label, languageScore: probability } };
  };
}

/**
 * Returns the most probable language of a text. As in CCNet, line ends are removed without a space, and the
 * probability is rounded to 2 decimals. A text for which the model has no vector gets the label `unknown`.
 */
export function languageOf(text: string, model: FastText): Prediction {
  const [best] = model.predict(text.replaceAll("\n", ""));
  return best
    ? { label: best.label, probability: Math.round(Math.min(1, best.probability) * 100) / 100 }
    : { label: "unknown", probability: 0 };
}

let standard: Promise<FastText> | undefined;

/** Loads the classifier of a file, or lid.176 (once). */
export function languageModel(path?: string): Promise<FastText> {
  if (path !== undefined) return withProgress(`loading ${basename(path)}`, {}, () => loadFastText(path));
  return standard ??= loadStandard().catch((error) => {
    standard = undefined;
    throw error;
  });
}

function loadStandard(): Promise<FastText> {
  return withProgress("loading the language model lid.176", {}, async () => {
    const { getLIDModel } = await lazily(() => import("fasttext.wasm.js"));
    const { modelPath } = await getLIDModel();
    return await loadFastText(modelPath.startsWith("file:") ? new URL(modelPath) : modelPath);
  });
}
