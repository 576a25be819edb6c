/**
 * The perplexity filter of CCNet [paper 2.1]: pages a language model of good text finds likely are the head, the next
 * ones the middle, the rest the tail.
 *
 * @module
 */
import { z } from "zod";
import { type Job, jobOf, type Make } from "../../base/job.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { number } from "../../display/format.ts";
import type { Document } from "../document.ts";
import { onEachSource } from "../steps/mix.ts";
import { NgramModel } from "./ngram_model.ts";
import { type DatasetPlan, entriesOf } from "../plan/plan.ts";
import type { Pass } from "../plan/pass.ts";
import { derivedPlan, type Judge, stagePlan } from "../steps/document_step.ts";
import type { Derive } from "../plan/document_stage.ts";

/** A part of a corpus by perplexity, the best first. */
export type Bucket = "head" | "middle" | "tail";

/** Which parts stay. */
export interface PerplexityOptions {
  /** The language model, made with `NgramModel.trainOn`. */
  model: NgramModel;
  /** The parts to keep; default head and middle, as RedPajama did (the paper does not say). */
  keep?: readonly Bucket[];
  /** Perplexities at which head and middle end, such as CCNet's 340 and 520 for its own English model. */
  cutoffs?: readonly [number, number];
  /**
   * Shares of the documents at which they end, instead of `cutoffs`; default 0.3 and 0.6, CCNet's percentiles. The input
   * is read once more to find them.
   */
  quantiles?: readonly [number, number];
}

const pair = z.tuple([z.number().positive(), z.number().positive()]).readonly()
  .refine(([a, b]) => a < b, "the first must be below the second");

const schema = optionsSchema<PerplexityOptions>()(
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

/** The documents of the parts asked for; each gets `meta.perplexity` (1 decimal, as in CCNet) and `meta.bucket`. */
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
      async job(reading, counts) {
        const ends = cutoffs ?? await cutoffsOf(source, model, quantiles, reading.another());
        counts.notes["head below"] = number(ends[0]);
        counts.notes["middle below"] = number(ends[1]);
        const job = model.job();
        return {
          job: job && jobOf(import.meta.url, { job, parts: { keep, ends } }, perplexityJudge),
          make: () => judging(model, { keep, ends }),
        };
      },
    }));
}

/** The parts that stay and the perplexities at which head and middle end. */
interface Parts {
  keep: readonly Bucket[];
  ends: readonly [number, number];
}

/** Makes the judge with the model that a job makes: the worker's side. */
export async function perplexityJudge(
  { job, parts }: { job: Job; parts: Parts },
  make: Make,
): Promise<Judge> {
  return judging(await make<NgramModel>(job), parts);
}

function judging(model: NgramModel, { keep, ends }: Parts): Judge {
  return ({ text }, note) => {
    const exact = model.perplexity(text);
    const bucket: Bucket = exact < ends[0] ? "head" : exact < ends[1] ? "middle" : "tail";
    if (!keep.includes(bucket)) return { drop: bucket };
    note(bucket);
    return { text, meta: { perplexity: Math.round(exact * 10) / 10, bucket } };
  };
}

/** Makes the function that measures documents with the model that a job makes: the worker's side. */
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
  reading: Pass,
): Promise<[number, number]> {
  const found: number[] = [];
  const job = model.job();
  const measured = derivedPlan(plan, {
    job: job && jobOf(import.meta.url, job, makeMeasuring),
    make: () => measuring(model),
  });
  for await (const { value } of entriesOf(measured, reading)) found.push(value.derived);
  const sorted = Float64Array.from(found).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return [at(quantiles[0]), at(quantiles[1])];
}
