/**
 * Memory that the GPU turns out not to have.
 *
 * WebGPU returns a buffer even where there is no memory for it and reports that only to an error scope.
 *
 * @module
 */
import { DeviceError } from "../base/errors.ts";
import type { Device } from "./device.ts";

/**
 * Calls `create` inside an error scope for missing memory; the errors that follow from a buffer without memory are
 * discarded, and what was created is disposed.
 *
 * @param remedy a sentence for the error: what to do
 * @throws {DeviceError} with the limit "memory" when the GPU is out of memory
 */
export async function withinMemory<T extends Disposable>(
  device: Device,
  remedy: string,
  create: () => Promise<T>,
): Promise<T> {
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
  throw new DeviceError(`The GPU is out of memory (${outOfMemory.message}). ${remedy}`, { limit: "memory" });
}
