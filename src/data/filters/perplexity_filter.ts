/**
 * The perplexity filter of CCNet [paper 2.1], which splits pages into head, middle and tail by a language model of
 * good text.
 *
 * @module
 */
import { z } from "zod";
import { type Job, jobOf, type Make } from "../../base/job.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { number } from "../../display/format.ts";
import { withProgress } from "../../display/progress.ts";
import type { Document } from "../document.ts";
import { onEachSource } from "../steps/mix.ts";
import { NgramModel } from "./ngram_model.ts";
import { type DatasetPlan, entriesOf } from "../plan/plan.ts";
import type { Pass } from "../plan/pass.ts";
import { derivedPlan, type Judge, stagePlan } from "../steps/document_step.ts";
import type { Derive, Derived } from "../plan/document_stage.ts";

/** A bucket of pages: `head` has the lowest perplexities, `tail` the highest. */
export type Bucket = "head" | "middle" | "tail";

/** Options of the filter. */
export interface PerplexityOptions {
  /** The language model, made with `NgramModel.trainOn`. */
  model: NgramModel;
  /** Buckets to keep; default head and middle, as in RedPajama (the paper does not say). */
  keep?: readonly Bucket[];
  /** Perplexities at which head and middle end, such as 340 and 520 for CCNet's English model. */
  cutoffs?: readonly [number, number];
  /**
   * Shares of the documents at which head and middle end, instead of `cutoffs`; default 0.3 and 0.6, as in CCNet. The
   * input is read once more to find the perplexities.
   */
  quantiles?: readonly [number, number];
}

const pair = z.tuple([z.number().positive(), z.number().positive()]).readonly()
  .refine(([a, b]) => a < b, "the first must be below the second");

const schema = optionsSchema<PerplexityOptions>("PerplexityOptions")(
  z.strictObject({
    model: z.custom<NgramModel>((value) => value instanceof NgramModel, "must be an NgramModel"),
    keep: z.array(z.enum(["head", "middle", "tail"])).min(1).readonly().default(["head", "middle"]),
    cutoffs: pair.optional(),
    quantiles: pair.optional(),
  }).refine(
    ({ cutoffs, quantiles }) => !cutoffs || !quantiles,
    "cutoffs and quantiles exclude each other",
  ),
);

/** Plans the documents of the kept buckets; each gets `meta.perplexity` (1 decimal, as in CCNet) and `meta.bucket`. */
export function perplexityPlan(
  input: DatasetPlan<Document>,
  options: PerplexityOptions,
): DatasetPlan<Document> {
  const { model, keep, cutoffs, quantiles = [0.3, 0.6] } = parseOptions(
    schema,
    options,
    "Dataset.perplexity",
  );
  return onEachSource(input, (source) =>
    stagePlan(source, {
      op: "perplexity",
      options: { model: `order ${model.order}`, keep, ...(cutoffs ? { cutoffs } : { quantiles }) },
      identity: () => model.fingerprint,
      reach: cutoffs
        ? "record"
        : { instead: "name cutoffs, or take those of a first pass: measurePerplexity and perplexityCutoffs" },
      async job(pass, counts) {
        const ends = cutoffs ?? await cutoffsOf(source, model, quantiles, pass.another());
        counts.notes["head below"] = number(ends[0]);
        counts.notes["middle below"] = number(ends[1]);
        const job = model.job();
        return {
          job: job && jobOf(import.meta.url, { job, buckets: { keep, ends } }, perplexityJudge),
          make: () => judging(model, { keep, ends }),
        };
      },
    }));
}

/** The kept buckets, and the perplexities at which head and middle end. */
interface Buckets {
  keep: readonly Bucket[];
  ends: readonly [number, number];
}

/** Returns the judge in a worker, with the model of a job. */
export async function perplexityJudge(
  { job, buckets }: { job: Job; buckets: Buckets },
  make: Make,
): Promise<Judge> {
  return judging(await make<NgramModel>(job), buckets);
}

function judging(model: NgramModel, { keep, ends }: Buckets): Judge {
  return ({ text }, note) => {
    const perplexity = model.perplexity(text);
    const bucket: Bucket = perplexity < ends[0] ? "head" : perplexity < ends[1] ? "middle" : "tail";
    if (!keep.includes(bucket)) return { drop: bucket };
    note(bucket);
    return { text, meta: { perplexity: Math.round(perplexity * 10) / 10, bucket } };
  };
}

/** Plans the documents of `plan`, each with its perplexity. */
export function measuredPlan(plan: DatasetPlan<Document>, model: NgramModel): DatasetPlan<Derived<number>> {
  const job = model.job();
  return derivedPlan(plan, {
    job: job && jobOf(import.meta.url, job, makeMeasuring),
    make: () => measuring(model),
  });
}

/** Returns the function that measures perplexity in a worker, with the model of a job. */
export async function makeMeasuring(job: Job, make: Make): Promise<Derive<number>> {
  return measuring(await make<NgramModel>(job));
}

function measuring(model: NgramModel): Derive<number> {
  return ({ text }) => model.perplexity(text);
}

async function cutoffsOf(
  plan: DatasetPlan<Document>,
  model: NgramModel,
  quantiles: readonly [number, number],
  pass: Pass,
): Promise<[number, number]> {
  const perplexities: number[] = [];
  await withProgress("measuring perplexities", { unit: "document" }, async (progress) => {
    for await (const { value } of entriesOf(measuredPlan(plan, model), pass)) {
      progress.set(perplexities.push(value.derived));
    }
  });
  const sorted = Float64Array.from(perplexities).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return [at(quantiles[0]), at(quantiles[1])];
}
