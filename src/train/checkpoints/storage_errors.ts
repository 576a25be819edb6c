/**
 * Errors for a lost GPU, a full disk and an unwritable folder.
 *
 * @module
 */
import { ConfigError, DeviceError, LlameroError } from "../../base/errors.ts";
import { fileProblem } from "../../base/file_problem.ts";
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
  const ofTokenizer = error instanceof ConfigError && error.path === "Tokenizer.save"; // a file of the checkpoint
  if (error instanceof LlameroError && !ofTokenizer) return error;
  const problem = fileProblem(ofTokenizer ? error.cause : error);
  if (problem === undefined) return error;
  const reason = `${problem}${
    /free some space$/.test(problem) ? " or keep fewer checkpoints, { keep: 1 }" : ""
  }`;
  const kept = newest === undefined ? "no checkpoint was written yet" : `${newest} is whole`;
  return new ConfigError(
    `Cannot write the checkpoint to ${folder}: ${reason}; ${kept}. The weights are still in the model: model.save(folder)`,
    { path: "Trainer.checkpoint", value: folder, cause: error },
  );
}
