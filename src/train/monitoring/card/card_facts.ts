/**
 * The facts that the card of a run shows.
 *
 * @module
 */
import type { EnergyUse } from "../energy.ts";
import type { EvaluationEvent, HistoryEntry, StageResult, ValidationEvent } from "../events.ts";
import type { OtherWork } from "../metrics.ts";

/** The facts that a card shows. */
export interface CardFacts {
  /** Name of the run. */
  title: string;
  /** Status of the run. */
  status: string;
  /** Activity while there are no steps. */
  note?: string;
  /** Name of the stage. */
  stage: string;
  /** The stages that began. */
  stages: readonly StageResult[];
  /** One entry per step. */
  history: readonly HistoryEntry[];
  /** Measurements on validation data. */
  validations: readonly ValidationEvent[];
  /** Results of evaluations. */
  evaluations: readonly EvaluationEvent[];
  /** Positions trained on. */
  tokens: number;
  /** Seconds of work. */
  seconds: number;
  /** Seconds of work that were no steps. */
  otherWork: OtherWork;
  /** Tokens per second: of the last seconds while the run goes on, and then the mean over the whole run. */
  speed: number;
  /** Devices that train together, default 1. */
  devices?: number;
  /** Share of the devices' peak, where that is known. */
  utilisation?: number;
  /** Share of the time of exchanges in which the device computed. */
  overlap?: number;
  /** Largest number of bytes on the device so far. */
  peakMemory?: number;
  /** Energy so far, where it is known or asked for. */
  energy?: EnergyUse;
  /** The newest sample text. */
  sample?: string;
  /** Warnings so far. */
  warnings: readonly string[];
  /** Message of the error that ended the run. */
  error?: string;
  /** Folder of the newest checkpoint. */
  checkpoint?: string;
  /** Step of the newest checkpoint. */
  saved?: number;
  /** Call that goes on from the newest checkpoint; undefined for a run without a folder of checkpoints. */
  resumeCall?: string;
  /** Call that starts the run again. */
  startCall: string;
}

/** Returns true for the card of a run that has ended. */
export function hasEnded({ status }: Pick<CardFacts, "status">): boolean {
  return status === "done" || status === "stopped" || status === "failed";
}

/** Returns the seconds until the stage is over; undefined where they cannot be estimated. */
export function secondsLeft(facts: CardFacts): number | undefined {
  const { history, speed, stages } = facts;
  const last = history.at(-1);
  const current = stages.at(-1);
  if (!last || !current || !(speed > 0) || hasEnded(facts)) return undefined;
  return (current.steps - current.done) * (last.tokens / last.step) / speed;
}
