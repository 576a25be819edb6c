/**
 * Timing on a device that answers late: the queue is idle when `onSubmittedWorkDone` returns, which in Deno is before
 * its promise resolves.
 *
 * @module
 */
import type { Device } from "../../src/gpu/mod.ts";

/** Milliseconds of `runs` calls of `work`, each measured until the queue is idle, after `warm` calls that are not counted. */
export async function times(
  device: Device,
  work: () => void,
  { runs = 9, warm = 2 } = {},
): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < warm + runs; n++) {
    const start = performance.now();
    work();
    const done = device.gpu.queue.onSubmittedWorkDone(), end = performance.now();
    await done;
    if (n >= warm) found.push(end - start);
  }
  return found.sort((a, b) => a - b);
}

/** The middle of sorted numbers. */
export function median(sorted: readonly number[]): number {
  return sorted[sorted.length >> 1];
}
