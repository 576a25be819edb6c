/**
 * Deduplication [paper 2.1] as a step: which kind, of what, against what.
 *
 * @module
 */
import { z } from "zod";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { exactPlan } from "./exact.ts";
import { nearPlan } from "./near.ts";

/** What counts as a repetition, and which copy stays. */
export interface DedupOptions {
  /**
   * `document` (default) drops documents whose text was seen before; `line` and `paragraph` cut lines or paragraphs seen
   * before, in this document or an earlier one, and drop documents of which nothing is left; `near` drops documents that
   * share most of their word sequences with another one.
   */
  by?: "document" | "line" | "paragraph" | "near";
  /**
   * What is compared: texts as they are (`exact`, default; blank lines stay), or as CCNet compares them (`ccnet`:
   * trimmed, lower case, digits as 0, without Unicode punctuation; blank lines count like others). Not for `near`.
   */
  normalize?: "exact" | "ccnet";
  /**
   * Which copy stays: the `first` (default); `none`, as in CCNet's two passes, where a unit seen in two documents goes
   * from both, and one repeated within one document keeps its first copy (reads the input twice); for `near` also the
   * `longest`, and of equally long ones the first (reads the input twice).
   */
  keep?: "first" | "none" | "longest";
  /** Documents that count as seen before, such as a test set. Read first. */
  against?: { readonly plan: DatasetPlan<Document> };
  /** Over how much: `all` (default), or so many files at a time, as CCNet's groups of 50 shards. Not for `near`. */
  scope?: "all" | number;
  /**
   * For `near`: the least similarity that counts, above 0 and at most 1; default 0.8 [ours]. Equal similarity counts for
   * `jaccard` and does not for `containment`, of which the paper says "more than 90%".
   */
  threshold?: number;
  /**
   * For `near`: shared sequences over all of both (`jaccard`, default), or over those of the smaller document
   * (`containment`), which also finds a document within another one.
   */
  measure?: "jaccard" | "containment";
  /** For `near`: words of a sequence; default 5 [ours]. Characters of scripts without spaces count as words. */
  words?: number;
  /** Bytes of memory for exact hashes, beyond which they go to disk; default 64 MiB, room for about 7 million. */
  memory?: number;
}

const dataset = z.custom<{ plan: DatasetPlan<Document> }>(
  (value) => Boolean((value as { plan?: DatasetPlan } | undefined)?.plan?.open),
  "must be a Dataset",
);

const schema = optionsSchema<DedupOptions>()(
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
    const foreign =
      (near ? ["normalize", "scope", "memory"] as const : ["threshold", "measure", "words"] as const)
        .find((name) => options[name] !== undefined);
    const complain = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (foreign) complain(foreign, near ? 'must be left out with by: "near"' : 'needs by: "near"');
    if (!near && options.keep === "longest") {
      complain("keep", 'must be "first" or "none" unless by is "near"');
    }
    if (near && options.keep === "none") complain("keep", 'must be "first" or "longest" with by: "near"');
  }),
);

/** The documents without what repeats. */
export function dedupPlan(input: DatasetPlan<Document>, options: DedupOptions): DatasetPlan<Document> {
  const { by, normalize = "exact", keep, scope = "all", memory = 1 << 26, ...rest } = parseOptions(
    schema,
    options,
    "Dataset.dedup",
  );
  const against = rest.against?.plan;
  if (by !== "near") {
    return exactPlan(input, {
      by,
      normalize,
      keep: keep === "none" ? keep : "first",
      against,
      scope,
      memory,
    });
  }
  const { threshold = 0.8, measure = "jaccard", words = 5 } = rest;
  return nearPlan(input, { keep: keep === "longest" ? keep : "first", against, threshold, measure, words });
}
