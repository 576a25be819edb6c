/**
 * Fits a stage into the GPU's memory: halves the micro-batch until it fits, and keeps the batch.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { gatherValues, type Group } from "../../base/exchange.ts";
import { shareFailures, together } from "../../base/together.ts";
import { type Device, withinMemory } from "../../gpu/mod.ts";
import { singleGroup } from "../../parallel/mod.ts";

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
 * Calls `create` with the largest micro-batch that fits: `maxMicroBatch` sequences, else half as many, down to one. Of
 * several ranks all take what fits on each of them.
 *
 * @returns the result, and the sequences of its micro-batch
 * @throws {DeviceError} when not even one sequence fits
 * @throws {RankError} when it does not fit on another rank
 */
export async function createWithinMemory<T extends Disposable>(
  device: Device,
  maxMicroBatch: number,
  create: (microBatch: number) => Promise<T>,
  world: Group = singleGroup,
): Promise<{ created: T; microBatch: number }> {
  for (let microBatch = maxMicroBatch;; microBatch = Math.ceil(microBatch / 2)) {
    const { created, error } = await together(world, "compile", () => tryOnce(device, microBatch, create));
    const fits = await gatherValues(world, created !== undefined, "micro-batch");
    if (created && fits.every(Boolean)) return { created, microBatch };
    created?.[Symbol.dispose]();
    if (microBatch > 1) continue;
    await shareFailures(world, "memory", error && { error: tooSmall(error) });
    throw tooSmall(error!);
  }
}

/** Calls `create`; returns what it made, or the error for which there is not enough memory. */
async function tryOnce<T extends Disposable>(
  device: Device,
  microBatch: number,
  create: (microBatch: number) => Promise<T>,
): Promise<{ created?: T; error?: DeviceError }> {
  try {
    return { created: await withinMemory(device, remedy, () => create(microBatch)) };
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    return { error };
  }
}

function tooSmall(error: DeviceError): DeviceError {
  return new DeviceError(
    `Cannot train, not even one sequence at a time. ${error.message}`,
    { limit: error.limit, wanted: error.wanted, have: error.have, cause: error },
  );
}
