/**
 * Steps that changed nothing: their loss or gradient norm was not finite, or their loss was a spike.
 *
 * @module
 */
import { number } from "../../display/mod.ts";
import type { HistoryEntry } from "./events.ts";

/** A step, as far as it is needed to tell why it was skipped. */
type Skipped = Pick<HistoryEntry, "loss" | "gradNorm"> & { skipped?: boolean };

/** Whether a step was skipped though its numbers are finite: for its loss. */
export function isSpike({ loss, gradNorm, skipped = false }: Skipped): boolean {
  return skipped && Number.isFinite(loss) && Number.isFinite(gradNorm);
}

/** What a spike is, for messages. */
export function spikeText(limit: number): string {
  return `more than ${limit} standard deviations above the mean of the updates among the 128 steps before`;
}

/** Why a step was skipped. `limit` is the stage's `skipSpikes`. */
export function reasonOf(entry: Skipped, limit: number): string {
  const { loss, gradNorm } = entry;
  if (isSpike(entry)) return `its loss of ${number(loss)} is a spike, ${spikeText(limit)}`;
  return `its loss is ${loss}, its gradient norm ${gradNorm}`;
}

/** How many steps were skipped and why; undefined when there was none. */
export function skippedText(history: readonly HistoryEntry[]): string | undefined {
  const skipped = history.filter((entry) => entry.skipped);
  const spikes = skipped.filter(isSpike).length;
  if (!skipped.length) return undefined;
  return [
    spikes && `${spikes} for a spike of the loss`,
    skipped.length > spikes && `${skipped.length - spikes} not finite`,
  ].filter(Boolean).join(", ");
}
