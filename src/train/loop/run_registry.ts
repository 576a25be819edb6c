/**
 * Who runs where: one run a model and a folder, and on one device one run at a time.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import type { Model } from "../../model/mod.ts";

/** A run as others see it. */
interface Running {
  model: Model;
  folder?: string;
  describe: () => string;
}

const running = new Set<Running>();
const turns = new WeakMap<Device, Promise<void>>();

/**
 * Takes a model and a folder for a run; the function that comes back lets them go.
 *
 * @throws {ConfigError} naming the run that has one of them
 */
export function registerRun(model: Model, folder: string | undefined, describe: () => string): () => void {
  for (const other of running) {
    const what = other.model === model
      ? `the model "${model.name}"`
      : folder !== undefined && other.folder === folder
      ? `the folder ${folder}`
      : undefined;
    if (what === undefined) continue;
    throw new ConfigError(
      `Cannot start a run: ${what} belongs to ${other.describe()}. Await that run, or stop() it first`,
      { path: "Trainer.run" },
    );
  }
  const own = { model, folder, describe };
  running.add(own);
  return () => running.delete(own);
}

/**
 * Waits until no other run works on the device, or `signal` is aborted; the function that comes back gives the device
 * to the next.
 */
export async function acquireDevice(device: Device, signal: AbortSignal): Promise<() => void> {
  const before = turns.get(device) ?? Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  turns.set(device, before.then(() => promise));
  const stopped = new Promise<void>((wake) => {
    if (signal.aborted) wake();
    signal.addEventListener("abort", () => wake(), { once: true });
  });
  await Promise.race([before, stopped]);
  return resolve;
}
