/**
 * Documents with their token ids, made where workers can do it.
 *
 * @module
 */
import type { Encoder } from "../../base/encoder.ts";
import { type Job, jobOf, type Make } from "../../base/job.ts";
import type { Document } from "../document.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, stagePlan } from "../steps/document_step.ts";

/** The documents of `input`, each with its ids (BOS in front, EOS behind) as its sketch. */
export function encodedPlan(input: DatasetPlan, encoder: Encoder): DatasetPlan<Document> {
  const job = encoder.job?.();
  return stagePlan(input, {
    op: "encode",
    job: () => ({
      job: job && jobOf(import.meta.url, job, encodingJudge),
      make: () => encoding(encoder),
    }),
  });
}

/** Encodes with what a job makes. */
export async function encodingJudge(encoder: Job, make: Make): Promise<Judge> {
  return encoding(await make<Encoder>(encoder));
}

function encoding(encoder: Pick<Encoder, "encode">): Judge {
  return ({ text }) => ({ text, sketch: encoder.encode(text, { bos: true, eos: true }) });
}
