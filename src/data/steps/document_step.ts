/**
 * Steps that judge or change one text at a time: most of the paper's processing. Workers can do them.
 *
 * @module
 */
import { jobOf } from "../../base/job.ts";
import type { Document } from "../document.ts";
import type { Derive, Derived, DocumentStage, Judge, StageJob } from "../plan/document_stage.ts";
import type { DatasetPlan, Reach } from "../plan/plan.ts";
import { openDerived, openStages } from "../threads/stage_workers.ts";
import { onEachSource } from "./mix.ts";

export type { Judge, Note, Verdict } from "../plan/document_stage.ts";

/** A step over texts. */
interface TextStep extends DocumentStage {
  /** Its verb. */
  op: string;
  /** Its options, as shown and hashed. */
  options?: Record<string, unknown>;
  /** Facts outside the plan, such as a model. */
  identity?: () => unknown;
  /** The records that its result for one document depends on, where it is more than that document. */
  reach?: Reach;
}

/** Returns the plan that puts such a step after `input`, or after each source of a mixture. Drops texts that become blank. */
export function textStepPlan(input: DatasetPlan<Document>, step: TextStep): DatasetPlan<Document> {
  return onEachSource(input, (source) => stagePlan(source, step));
}

/** Returns the plan that puts such a step after `input`, which may give raw records instead of documents. */
export function stagePlan(
  input: DatasetPlan,
  { op, options = {}, identity, reach, ...stage }: TextStep,
): DatasetPlan<Document> {
  const plan: DatasetPlan<Document> = {
    op,
    options,
    inputs: [input],
    identity,
    reach,
    kind: "documents",
    stage,
    open: (pass) => openStages(plan, pass),
  };
  return plan;
}

/** Returns the plan of the documents of `input`, each with a value derived from it. It counts nothing. */
export function derivedPlan<D>(input: DatasetPlan, derive: StageJob<Derive<D>>): DatasetPlan<Derived<D>> {
  return {
    op: "derive",
    options: {},
    inputs: [input],
    open: (pass) => openDerived(input, derive, pass),
  };
}

/** Returns the judge that `make`, which `module` exports under its own name, makes of `config` in a worker and here. */
export function judgeOf<C>(
  module: string,
  config: C,
  make: (config: C) => Judge<never> | Promise<Judge<never>>,
): StageJob {
  return { job: jobOf(module, config, make), make: async () => await make(config) as Judge };
}

/** Returns a step that does nothing because something is missing, and that says so in the plan. */
export function offPlan(input: DatasetPlan<Document>, op: string, why: string): DatasetPlan<Document> {
  return textStepPlan(input, {
    op,
    options: { name: `off: ${why}` },
    job: () => judgeOf(import.meta.url, undefined, keepJudge),
  });
}

/** Makes a judge that keeps every text. */
export function keepJudge(): Judge {
  return ({ text }) => ({ text });
}
