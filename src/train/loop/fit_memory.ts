/**
 * What a run does when the GPU's memory is too small: halve the micro-batch, keep the batch.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";

/** What {@linkcode DeviceError.limit} says when it is memory that is missing. */
const memoryLimits: readonly (string | undefined)[] = ["memory", "memoryLimit", "maxBufferSize"];

/** Whether an error means that less would have fitted. */
export function isOutOfMemory(error: unknown): error is DeviceError {
  return error instanceof DeviceError && memoryLimits.includes(error.limit);
}

/**
 * Makes something of at most `most` sequences at once; where they do not fit, of half as many, down to one.
 *
 * @returns what was made, and of how many sequences
 * @throws {DeviceError} when not even one fits
 */
export async function fitted<T extends { dispose(): void }>(
  device: Device,
  most: number,
  make: (microBatch: number) => Promise<T>,
): Promise<{ made: T; microBatch: number }> {
  for (let microBatch = most;; microBatch = Math.ceil(microBatch / 2)) {
    try {
      return { made: await scoped(device, () => make(microBatch)), microBatch };
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      if (microBatch > 1) continue;
      throw new DeviceError(
        `Cannot train: one sequence at a time is already too much. ${error.message}`,
        { limit: error.limit, wanted: error.wanted, have: error.have, cause: error },
      );
    }
  }
}

/**
 * WebGPU gives a buffer even where there is no memory for it, and tells only the error scope around; the errors that
 * follow from such a buffer are not worth a word.
 */
async function scoped<T extends { dispose(): void }>(device: Device, make: () => Promise<T>): Promise<T> {
  device.gpu.pushErrorScope("out-of-memory");
  const [result] = await Promise.allSettled([make()]);
  const missing = await device.gpu.popErrorScope().catch(() => null);
  if (!missing) {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  }
  if (result.status === "fulfilled") result.value.dispose();
  await new Promise((resolve) => setTimeout(resolve, 0)); // what is uncaptured arrives as an event
  try {
    device.check();
  } catch { /* it follows from the missing memory */ }
  throw new DeviceError(
    `The GPU is out of memory (${missing.message}). Lower microBatch or context, choose save: "linear" or "block", ` +
      "or a smaller model",
    { limit: "memory" },
  );
}
