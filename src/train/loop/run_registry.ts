/**
 * The registry of active runs: one per model and folder, one at a time per device.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import type { Model } from "../../model/mod.ts";

interface ActiveRun {
  model: Model;
  folder?: string;
  describe: () => string;
}

const activeRuns = new Set<ActiveRun>();

/** Settles for each device when all runs that asked for it so far have ended. */
const queues = new WeakMap<Device, Promise<void>>();

/**
 * Registers a run for a model and a folder.
 *
 * @returns a function that frees both
 * @throws {ConfigError} naming the run that has one of them
 */
export function registerRun(model: Model, folder: string | undefined, describe: () => string): () => void {
  for (const other of activeRuns) {
    const taken = other.model === model
      ? `the model "${model.name}"`
      : folder !== undefined && other.folder === folder
      ? `the folder ${folder}`
      : undefined;
    if (taken === undefined) continue;
    throw new ConfigError(
      `Cannot start a run: ${taken} belongs to ${other.describe()}. Await that run, or stop() it first`,
      { path: "Trainer.run" },
    );
  }
  const run = { model, folder, describe };
  activeRuns.add(run);
  return () => activeRuns.delete(run);
}

/**
 * Waits until all earlier runs on the device have ended, or `signal` is aborted.
 *
 * @returns a function that passes the device on to the next run
 */
export async function acquireDevice(device: Device, signal: AbortSignal): Promise<() => void> {
  const earlier = queues.get(device) ?? Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  queues.set(device, earlier.then(() => promise));
  const stopped = new Promise<void>((wake) => {
    if (signal.aborted) wake();
    signal.addEventListener("abort", () => wake(), { once: true });
  });
  await Promise.race([earlier, stopped]);
  return resolve;
}
