/**
 * What makes a step a stage: a judge that can be made anywhere.
 *
 * @module
 */
import type { Job } from "../../base/job.ts";
import type { Pass, StepCounts } from "./pass.ts";
import type { Judge } from "./judge.ts";

/** What makes a plan a stage: its judge as data, and as a function. */
export interface DocumentStage {
  /** Made at the beginning of a pass. */
  job: (reading: Pass, counts: StepCounts) => StageJob | Promise<StageJob>;
  /** What its judge needs: of a document the text alone (default), or all of it. */
  needs?: "text" | "document";
  /** Its input are raw records with `source`, `id` and `meta`, of which it makes documents. */
  raw?: boolean;
}

/** A judge as data, and the same as a function. */
export interface StageJob {
  /** Makes the judge in a worker; without it the row is judged on the main thread. */
  job?: Job;
  /** Makes the judge here. */
  make: () => Judge | Promise<Judge>;
}
