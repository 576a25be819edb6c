/**
 * The step `dedup` [paper 2.1]: its options, and the choice between exact and near deduplication.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type ExactOptions, exactPlan } from "./exact.ts";
import { type NearOptions, nearPlan } from "./near.ts";

/** Definition of a repetition, and the copy that stays. */
export interface DedupOptions {
  /**
   * `document` (default) drops documents whose text was seen before; `line` and `paragraph` remove lines or paragraphs
   * seen before, in this document or an earlier one, and drop documents that become empty; `near` drops documents that
   * share most of their word sequences with another one.
   */
  by?: "document" | "line" | "paragraph" | "near";
  /**
   * Compared form of the text: `exact` (default) leaves it unchanged, with its blank lines; `ccnet` does as CCNet does:
   * trimmed, lower case, digits as 0, without Unicode punctuation; blank lines count like others. Not for `near`.
   */
  normalize?: "exact" | "ccnet";
  /**
   * Copy that stays: the `first` (default); `none`, as in CCNet, where a unit of two documents is removed from both,
   * and one repeated within a document keeps its first copy (reads the input twice); for `near` also the `longest`,
   * of equally long ones the first (reads the input twice).
   */
  keep?: "first" | "none" | "longest";
  /** Documents that count as seen before, such as a test set; they are read first. */
  against?: { readonly plan: DatasetPlan<Document> };
  /** Range of the comparison: `all` (default), or groups of that many files, as CCNet's 50 shards. Not for `near`. */
  scope?: "all" | number;
  /**
   * For `near`: similarity of a repetition, above 0 and at most 1; default 0.8 [ours]. `jaccard` must reach it;
   * `containment` must exceed it, as in the paper's "more than 90%".
   */
  threshold?: number;
  /**
   * For `near`: `jaccard` (default) divides the shared sequences by all sequences of both; `containment` divides them by
   * those of the smaller document, which also finds a document inside another one.
   */
  measure?: "jaccard" | "containment";
  /** For `near`: words per sequence; default 5 [ours]. In scripts without spaces each character is a word. */
  words?: number;
  /** Bytes of memory for exact hashes; further ones go to disk. Default 64 MiB, enough for about 7 million hashes. */
  memory?: number;
}

const dataset = z.custom<{ plan: DatasetPlan<Document> }>(
  (value) => Boolean((value as { plan?: DatasetPlan } | undefined)?.plan?.open),
  "must be a Dataset",
);

const schema = optionsSchema<DedupOptions>("DedupOptions")(
  z.strictObject({
    by: z.enum(["document", "line", "paragraph", "near"]).default("document"),
    normalize: z.enum(["exact", "ccnet"]).optional(),
    keep: z.enum(["first", "none", "longest"]).default("first"),
    against: dataset.optional(),
    scope: z.union([z.literal("all"), z.number().int().min(1)], 'must be "all" or a number of files')
      .optional(),
    threshold: z.number().gt(0).max(1).optional(),
    measure: z.enum(["jaccard", "containment"]).optional(),
    words: z.number().int().min(1).max(50).optional(),
    memory: z.number().int().min(1 << 16).optional(),
  }).superRefine((options, context) => {
    const near = options.by === "near";
    const unsuitable =
      (near ? ["normalize", "scope", "memory"] as const : ["threshold", "measure", "words"] as const)
        .find((name) => options[name] !== undefined);
    const complain = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (unsuitable) complain(unsuitable, near ? 'must be left out with by: "near"' : 'needs by: "near"');
    if (!near && options.keep === "longest") {
      complain("keep", 'must be "first" or "none" unless by is "near"');
    }
    if (near && options.keep === "none") complain("keep", 'must be "first" or "longest" with by: "near"');
  }),
);

/** Options of a deduplication with their defaults, by the kind of comparison. */
export type DedupSettings = { exact: ExactOptions } | { near: NearOptions };

/**
 * Checks options and fills in the defaults; `path` is the place of the options in errors.
 *
 * @throws {ConfigError} for wrong options
 */
export function dedupSettings(options: DedupOptions, path: string): DedupSettings {
  const { by, normalize = "exact", keep, scope = "all", memory = 1 << 26, ...rest } = parseOptions(
    schema,
    options,
    path,
  );
  const against = rest.against?.plan;
  if (by !== "near") {
    return { exact: { by, normalize, keep: keep === "none" ? keep : "first", against, scope, memory } };
  }
  const { threshold = 0.8, measure = "jaccard", words = 5 } = rest;
  return { near: { keep: keep === "longest" ? keep : "first", against, threshold, measure, words } };
}

/** Plans the documents without repetitions. */
export function dedupPlan(input: DatasetPlan<Document>, options: DedupOptions): DatasetPlan<Document> {
  const settings = dedupSettings(options, "Dataset.dedup");
  return "exact" in settings ? exactPlan(input, settings.exact) : nearPlan(input, settings.near);
}
