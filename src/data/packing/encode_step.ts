/**
 * Documents with their token ids, encoded on workers where the tokenizer can be sent to one.
 *
 * @module
 */
import { documentIds, type Encoder } from "../../base/encoder.ts";
import { type Job, jobOf, type Make } from "../../base/job.ts";
import type { Derive, Derived } from "../plan/document_stage.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { derivedPlan } from "../steps/document_step.ts";

/** Returns the plan of the documents of `input` with their token ids, between BOS and EOS where the encoder has them. */
export function encodedPlan(input: DatasetPlan, encoder: Encoder): DatasetPlan<Derived<Uint32Array>> {
  const job = encoder.job?.();
  return derivedPlan(input, {
    job: job && jobOf(import.meta.url, job, makeEncoding),
    make: () => encodingOf(encoder),
  });
}

/** Makes the encoding of documents of a tokenizer's job: the worker's side of `encodedPlan`. */
export async function makeEncoding(encoder: Job, make: Make): Promise<Derive<Uint32Array>> {
  return encodingOf(await make<Encoder>(encoder));
}

function encodingOf(encoder: Encoder): Derive<Uint32Array> {
  return ({ text }) => documentIds(encoder, text);
}
