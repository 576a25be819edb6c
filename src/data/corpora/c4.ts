/**
 * The C4 corpus [paper 2.1], 15 % of LLaMA's tokens: the published set, or the same steps on other pages.
 *
 * The published set has been through all of these steps; repeating them changes little and shows each one.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import type { Document } from "../document.ts";
import { type Paths, patternsOf } from "../io/file_patterns.ts";
import { type CleanOptions, cleanPlan } from "../filters/c4_rules.ts";
import { languagePlan } from "../filters/language.ts";
import { spansPlan } from "../dedup/sentence_spans.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type BrokenOptions, onBrokenSchema } from "../io/file_reader.ts";
import { jsonlPlan } from "../io/records.ts";
import { warcPlan } from "./common_crawl.ts";

/** The steps of C4. */
export interface C4Options extends BrokenOptions {
  /** The rules of C4, each of which can be turned off; `false` turns all off. */
  rules?: CleanOptions | false;
  /** Languages that stay; default `en` [C4]. `false` turns the step off. */
  language?: string | readonly string[] | false;
  /**
   * Minimum probability of the language; default 0.5 [ours]. C4 required 0.99 of langdetect; fastText, which is used
   * here, gives lower probabilities.
   */
  languageMin?: number;
  /** Number of sentences of the spans that may occur only once; default 3, as in C4. `false` turns the step off. */
  spans?: number | false;
}

const schema = optionsSchema<C4Options>("C4Options")(z.strictObject({
  rules: z.union([
    z.custom<CleanOptions>((value) => typeof value === "object" && value !== null),
    z.literal(false),
  ])
    .default({}),
  language: z.union([z.string(), z.array(z.string()).readonly(), z.literal(false)]).default("en"),
  languageMin: z.number().min(0).max(1).default(0.5),
  spans: z.union([z.number().int().min(1), z.literal(false)]).default(3),
  onBroken: onBrokenSchema,
}));

/** Plans one document per page of C4's JSON Lines files (`text`, `timestamp`, `url`) or of WET and WARC files. */
export function c4Plan(paths: Paths, options: C4Options = {}): DatasetPlan<Document> {
  const { rules, language, languageMin, spans, onBroken } = parseOptions(schema, options, "Dataset.c4");
  const isWarc = patternsOf(paths).every((path) => /\.(warc|wet)(\.\w+)*$/i.test(path));
  let plan = isWarc
    ? warcPlan(paths, onBroken)
    : jsonlPlan(paths, { text: "text", onBroken }) as DatasetPlan<Document>;
  if (rules !== false) plan = cleanPlan(plan, rules, "Dataset.c4.rules");
  if (language !== false) plan = languagePlan(plan, { keep: language, min: languageMin });
  return spans === false ? plan : spansPlan(plan, { sentences: spans });
}
