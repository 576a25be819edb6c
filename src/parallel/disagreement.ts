/**
 * The error of ranks that are not in the same collective.
 *
 * @module
 */
import { LlameroError } from "../base/errors.ts";

/** The collective in which a rank is. */
export interface CollectivePlace {
  /** Kind of the collective. */
  kind: string;
  /** Its label. */
  label: string;
  /** Bytes that must be equal on all ranks; undefined where they are free. */
  size?: number;
  /** The rank that sends, of a broadcast. */
  from?: number;
  /** Step of the run, where one is on. */
  step?: number;
}

/** Returns the error of ranks that are not in the same collective; undefined where they are. */
export function disagreement(all: readonly CollectivePlace[]): LlameroError | undefined {
  const [first] = all;
  const other = all.findIndex((one) =>
    one.kind !== first.kind || one.label !== first.label || one.size !== first.size || one.from !== first.from
  );
  if (other < 0) return undefined;
  const steps = first.step !== undefined || all[other].step !== undefined;
  return new LlameroError(
    `The ranks disagree: rank 0 is in ${describeCollective(first, steps)}, rank ${other} in ${
      describeCollective(all[other], steps)
    }`,
  );
}

/** Returns words for the collective of a rank, such as `allGather "weights" of 96 bytes at step 3`. */
export function describeCollective(
  { kind, label, size, from, step }: CollectivePlace,
  withStep = true,
): string {
  return `${kind} "${label}"${size === undefined ? "" : ` of ${size} bytes`}` +
    `${from === undefined ? "" : ` from rank ${from}`}` +
    `${!withStep ? "" : step === undefined ? " outside of a run" : ` at step ${step}`}`;
}
