/**
 * Fits a stage into the GPU's memory: halves the micro-batch until it fits, and keeps the batch.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { type Device, withinMemory } from "../../gpu/mod.ts";

/** Values of {@linkcode DeviceError.limit} that stand for missing memory. */
const memoryLimits: readonly (string | undefined)[] = [
  "memory",
  "memoryLimit",
  "maxBufferSize",
  "maxStorageBufferBindingSize",
];

const remedy = 'Choose save: "block", lower context, train adapters (lora), or choose a smaller model';

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
      return { created: await withinMemory(device, remedy, () => create(microBatch)), microBatch };
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      if (microBatch > 1) continue;
      throw new DeviceError(
        `Cannot train, not even one sequence at a time. ${error.message}`,
        { limit: error.limit, wanted: error.wanted, have: error.have, cause: error },
      );
    }
  }
}
