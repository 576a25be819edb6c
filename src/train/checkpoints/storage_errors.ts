/**
 * Errors for a lost GPU, a full disk and an unwritable folder.
 *
 * @module
 */
import { ConfigError, DeviceError, LlameroError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";

/** The position of a run when it failed. */
interface FailurePoint {
  /** Steps done. */
  step: number;
  /** Step of the last checkpoint. */
  saved?: number;
}

/** Returns the reason for which a device was lost, if an error comes from that. */
export async function lossOf(error: unknown, device: Device): Promise<string | undefined> {
  if (error instanceof LlameroError && !(error instanceof DeviceError)) return undefined;
  const wait = new Promise<void>((resolve) => setTimeout(resolve, 100));
  const lost = await Promise.race([device.gpu.lost, wait]);
  return lost?.message;
}

/**
 * Returns the error of a run whose GPU was lost, saying what is left and how to go on.
 *
 * @param reason the device's own words
 * @param newest path of the last checkpoint
 */
export function lostDeviceError(
  cause: unknown,
  reason: string,
  { step, saved }: FailurePoint,
  newest?: string,
): DeviceError {
  const left = newest === undefined
    ? "There is no checkpoint: give the trainer a folder, { checkpoint }, and start again"
    : `The checkpoint of step ${saved} is whole: open a new device, load the model on it with Model.load(` +
      `${JSON.stringify(newest)}, { device }), and go on with the same chain and resume()`;
  return new DeviceError(`The GPU was lost after step ${step}: ${reason}. ${left}`, { cause });
}

/** Returns the error of a checkpoint that cannot be written, saying why and what to do; other errors as they are. */
export function storageError(error: unknown, folder: string, newest?: string): unknown {
  if (error instanceof LlameroError || !(error instanceof Error)) return error;
  const reason = reasonOf(error);
  if (!reason) return error;
  const kept = newest === undefined ? "no checkpoint was written yet" : `${newest} is whole`;
  return new ConfigError(
    `Cannot write the checkpoint to ${folder}: ${reason}; ${kept}. The weights are still in the model: model.save(folder)`,
    { path: "Trainer.checkpoint", value: folder, cause: error },
  );
}

function reasonOf(error: Error & { code?: string }): string | undefined {
  const { code, message } = error;
  if (code === "ENOSPC" || /no space left|not enough space|quota/i.test(message)) {
    return `the disk is full (${message}), free some space or keep fewer checkpoints, { keep: 1 }`;
  }
  const refused = error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
  if (refused || code === "EROFS" || /read-only/i.test(message)) {
    return `it may not be written (${message}), name another folder or allow it`;
  }
}
