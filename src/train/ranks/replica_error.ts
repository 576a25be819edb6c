/**
 * The error of ranks that hold different numbers where they must be equal.
 *
 * @module
 */
import { NumericsError } from "../../base/errors.ts";
import type { DifferingReplica } from "../../model/lifecycle/compare_replicas.ts";

/** Returns the error of a difference that was found after `step`; `checkpoint` is the last one, which was compared before. */
export function replicaError(
  step: number,
  { tensor, ranks }: DifferingReplica,
  checkpoint: string | undefined,
): NumericsError {
  return new NumericsError(
    `After step ${step} rank ${ranks[1]} holds other numbers in ${tensor} than rank ${
      ranks[0]
    }, where all must be ` +
      `equal: a device or the memory of a rank is at fault, or a sum over ranks is missing. Go on from ` +
      (checkpoint ?? "the start, with a checkpoint folder"),
    { step, tensor, checkpoint },
  );
}
