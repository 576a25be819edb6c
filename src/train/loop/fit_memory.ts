/**
 * Fits a stage into the GPU's memory: halves the micro-batch until it fits, and keeps the batch.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";

/** Values of {@linkcode DeviceError.limit} that stand for missing memory. */
const memoryLimits: readonly (string | undefined)[] = ["memory", "memoryLimit", "maxBufferSize"];

function isOutOfMemory(error: unknown): error is DeviceError {
  return error instanceof DeviceError && memoryLimits.includes(error.limit);
}

/**
 * Calls `create` with the largest micro-batch that fits: `maxMicroBatch` sequences, else half as many, down to one.
 *
 * @returns the result, and the sequences of its micro-batch
 * @throws {DeviceError} when not even one sequence fits
 */
export async function createWithinMemory<T extends Disposable>(
  device: Device,
  maxMicroBatch: number,
  create: (microBatch: number) => Promise<T>,
): Promise<{ created: T; microBatch: number }> {
  for (let microBatch = maxMicroBatch;; microBatch = Math.ceil(microBatch / 2)) {
    try {
      return { created: await inErrorScope(device, () => create(microBatch)), microBatch };
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
 * Calls `create` inside an error scope for missing memory. WebGPU returns a buffer even where there is no memory for it
 * and reports that only to the error scope; the errors that follow from such a buffer are discarded.
 */
async function inErrorScope<T extends Disposable>(device: Device, create: () => Promise<T>): Promise<T> {
  device.gpu.pushErrorScope("out-of-memory");
  const [result] = await Promise.allSettled([create()]);
  const outOfMemory = await device.gpu.popErrorScope().catch(() => null);
  if (!outOfMemory) {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  }
  if (result.status === "fulfilled") result.value[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 0)); // uncaptured errors arrive as events
  try {
    device.check();
  } catch { /* it follows from the missing memory */ }
  throw new DeviceError(
    `The GPU is out of memory (${outOfMemory.message}). Lower microBatch or context, choose save: "linear" or ` +
      `"block", or a smaller model`,
    { limit: "memory" },
  );
}
