/**
 * What stands outside a run and can end it: a GPU that is gone, a disk that is full, a folder that may not be written.
 *
 * @module
 */
import { ConfigError, DeviceError, LlameroError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";

/** Where a run was when it happened. */
interface FailurePoint {
  /** Steps done. */
  step: number;
  /** Step of the last checkpoint. */
  saved?: number;
}

/** Why a device was lost, if that is what an error comes from. */
export async function lossOf(error: unknown, device: Device): Promise<string | undefined> {
  if (error instanceof LlameroError && !(error instanceof DeviceError)) return undefined;
  const wait = new Promise<void>((resolve) => setTimeout(resolve, 100));
  const lost = await Promise.race([device.gpu.lost, wait]);
  return lost?.message;
}

/**
 * The error of a run whose GPU was lost, saying what is left and how to go on.
 *
 * @param why what the device said
 * @param newest the last checkpoint
 */
export function lostDeviceError(
  cause: unknown,
  why: string,
  place: FailurePoint,
  newest?: string,
): DeviceError {
  const left = newest === undefined
    ? "There is no checkpoint: give the trainer a folder, { checkpoint }, and start again"
    : `The checkpoint of step ${place.saved} is whole: open a new device, load the model on it with Model.load(` +
      `${JSON.stringify(newest)}, { device }), and go on with the same chain and resume()`;
  return new DeviceError(`The GPU was lost after step ${place.step}: ${why}. ${left}`, { cause });
}

/** The error of a file that cannot be written, saying why and what to do; an error of the SDK as it is. */
export function storageError(error: unknown, folder: string, newest?: string): unknown {
  if (error instanceof LlameroError || !(error instanceof Error)) return error;
  const why = reasonOf(error);
  if (!why) return error;
  const kept = newest === undefined ? "no checkpoint was written yet" : `${newest} is whole`;
  return new ConfigError(
    `Cannot write the checkpoint to ${folder}: ${why}; ${kept}. The weights are still in the model: model.save(folder)`,
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
