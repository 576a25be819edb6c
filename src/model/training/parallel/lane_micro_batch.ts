/**
 * The size of the micro-batches of a lane.
 *
 * @module
 */

/**
 * Returns the sequences of a lane that are computed at once: no more than a lane has, since the rest would be padding, but so
 * many that the model ranks share their rows equally. It depends on the lanes alone, not on how many ranks share them.
 */
export function laneMicroBatch(
  { microBatch, batch, context }: { microBatch: number; batch: number; context: number },
  lanes: number,
  modelRanks: number,
): number {
  let size = Math.min(microBatch, Math.ceil(batch / lanes));
  while (size * context % modelRanks !== 0) size++;
  return size;
}
