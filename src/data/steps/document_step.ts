/**
 * Steps that judge or change one text at a time: most of the paper's processing. Workers can do it (workers/stages.ts).
 *
 * @module
 */
import { jobOf } from "../../base/job.ts";
import type { Document } from "../document.ts";
import { onEachSource } from "./mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import type { Judge } from "../plan/judge.ts";
import type { DocumentStage, StageJob } from "../plan/document_stage.ts";
import { openStages } from "../threads/stage_workers.ts";

export type { Judge, Note, Verdict } from "../plan/judge.ts";

/** What a step over texts is. */
export interface TextStep extends DocumentStage {
  /** Its verb. */
  op: string;
  /** Its options, as shown and hashed. */
  options?: Record<string, unknown>;
  /** Facts outside the plan, such as a model. */
  identity?: () => unknown;
}

/** The plan that puts such a step after `input`, or after each source of a mixture. A text that becomes blank goes. */
export function textStepPlan(input: DatasetPlan<Document>, step: TextStep): DatasetPlan<Document> {
  return onEachSource(input, (source) => stagePlan(source, step));
}

/** The plan that puts such a step after `input`, which may give raw records instead of documents. */
export function stagePlan(
  input: DatasetPlan,
  { op, options = {}, identity, ...stage }: TextStep,
): DatasetPlan<Document> {
  const plan: DatasetPlan<Document> = {
    op,
    options,
    inputs: [input],
    identity,
    kind: "documents",
    stage,
    open: (reading) => openStages(plan, reading),
  };
  return plan;
}

/** The judge that `make`, which `module` exports under its own name, makes of `config`: the same in a worker and here. */
export function judgeOf<C>(
  module: string,
  config: C,
  make: (config: C) => Judge<never> | Promise<Judge<never>>,
): StageJob {
  return { job: jobOf(module, config, make), make: async () => await make(config) as Judge };
}

/** A step that does nothing because something is missing, and says so in the plan. */
export function offPlan(input: DatasetPlan<Document>, op: string, why: string): DatasetPlan<Document> {
  return textStepPlan(input, {
    op,
    options: { name: `off: ${why}` },
    job: () => judgeOf(import.meta.url, undefined, keepJudge),
  });
}

/** Lets every text pass. */
export function keepJudge(): Judge {
  return ({ text }) => ({ text });
}
