/**
 * Skipped steps: their loss or gradient norm was not finite, or their loss was a spike, so nothing was updated.
 *
 * @module
 */
import { NumericsError } from "../../base/errors.ts";
import { number } from "../../display/mod.ts";
import type { HistoryEntry } from "./events.ts";

/** The numbers of a step that tell why it was skipped. */
type SkippedStep = Pick<HistoryEntry, "loss" | "gradNorm"> & { skipped?: boolean };

/** The position of a run that ends for skipped steps: its steps, and those skipped in a row. */
interface SkippedRun {
  step: number;
  skipped: number;
}

/** Returns true for a step that was skipped although its numbers are finite: its loss was a spike. */
export function isSpike({ loss, gradNorm, skipped = false }: SkippedStep): boolean {
  return skipped && Number.isFinite(loss) && Number.isFinite(gradNorm);
}

/** Describes a spike, for messages. */
function spikeText(limit: number): string {
  return `more than ${limit} standard deviations above the mean of the updates among the 128 steps before`;
}

/** Describes why a step was skipped. `limit` is the stage's `skipSpikes`. */
export function skipReason(step: SkippedStep, limit: number): string {
  const { loss, gradNorm } = step;
  if (isSpike(step)) return `its loss of ${number(loss)} is a spike, ${spikeText(limit)}`;
  return `its loss is ${loss}, its gradient norm ${gradNorm}`;
}

/** Describes how many steps were skipped and why; undefined when there was none. */
export function skippedText(history: readonly HistoryEntry[]): string | undefined {
  const skipped = history.filter((entry) => entry.skipped);
  const spikes = skipped.filter(isSpike).length;
  if (!skipped.length) return undefined;
  return [
    spikes && `${spikes} for a spike of the loss`,
    skipped.length > spikes && `${skipped.length - spikes} not finite`,
  ].filter(Boolean).join(", ");
}

/**
 * Returns the error of a run whose steps are not finite any more.
 *
 * @param tensor name of the first parameter whose gradient is not finite
 * @param checkpoint the last checkpoint
 */
export function nonFiniteError(
  { step, skipped }: SkippedRun,
  tensor: string | undefined,
  checkpoint: string | undefined,
): NumericsError {
  return new NumericsError(
    `Training turned non-finite: ${skipped} steps in a row up to step ${step} had no finite loss or gradient norm` +
      (tensor ? `, first seen in the gradient of ${tensor}` : "") +
      ". Lower learningRate" + (checkpoint ? ` and go on from ${checkpoint}` : " and start again"),
    { step, tensor: tensor ?? "loss", checkpoint },
  );
}

/**
 * Returns the error of a run with too many spikes in a row, which are a new level of the loss.
 *
 * @param limit the stage's `skipSpikes`
 * @param checkpoint the last checkpoint
 */
export function spikeError(
  { step, skipped }: SkippedRun,
  limit: number,
  checkpoint: string | undefined,
): NumericsError {
  return new NumericsError(
    `Training was stopped: ${skipped} steps in a row up to step ${step} were skipped, the last for a loss ` +
      `${
        spikeText(limit)
      }. That is no spike but a new level of the loss: look at the data from there on, lower ` +
      `learningRate, or raise skipSpikes or maxSkipped${checkpoint ? `, and go on from ${checkpoint}` : ""}`,
    { step, tensor: "loss", checkpoint },
  );
}
