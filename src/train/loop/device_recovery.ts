/**
 * Recovery from a lost GPU: the shared device is opened anew, and the run goes on from its last checkpoint.
 *
 * A device that the user opened is not opened anew: its options are known to nobody else, and other models on it wait
 * for its owner's decision.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import { restoreModel } from "../../model/lifecycle/load_model.ts";
import { isShared, sharedDevice } from "../../model/lifecycle/shared_device.ts";
import type { Model } from "../../model/mod.ts";
import { lossOf, lostDeviceError } from "../checkpoints/storage_errors.ts";
import type { RunControl } from "./run_control.ts";
import type { RunSpec } from "./run_context.ts";
import type { RunLog } from "../monitoring/run_log.ts";

/** Number of times that a device is opened anew without a checkpoint in between [ours]. */
const maxAttempts = 3;

/** The recoveries of one run. */
export class DeviceRecovery {
  readonly #spec: RunSpec;
  readonly #control: RunControl;
  readonly #log: RunLog;
  #attempts = 0;
  #lastCheckpoint?: string;

  /** Recovers the run that `spec` describes. */
  constructor(spec: RunSpec, control: RunControl, log: RunLog) {
    this.#spec = spec;
    this.#control = control;
    this.#log = log;
  }

  /**
   * Moves the model to a device opened anew, if the error that ended the run came from a lost GPU.
   *
   * @returns the checkpoint to resume from
   * @throws the error itself where no GPU was lost
   * @throws {DeviceError} when the run cannot go on by itself, saying what is left and what to do
   */
  async recover(error: unknown): Promise<NonNullable<RunSpec["resume"]>> {
    const { model, folder, resume } = this.#spec;
    const newest = folder?.newest;
    const lost = await lossOf(error, model.device);
    if (!lost) throw error;
    this.#attempts = newest === this.#lastCheckpoint ? this.#attempts + 1 : 1;
    this.#lastCheckpoint = newest;
    const log = this.#log;
    const hopeless = newest === undefined || this.#attempts > maxAttempts || this.#control.stopping.aborted;
    if (hopeless || !isShared(model.device) || !await moveToNewDevice(model, newest)) {
      throw lostDeviceError(error, lost, log, newest);
    }
    const repeated = log.step - (log.saved ?? 0);
    log.warn(
      `The GPU was lost after step ${log.step}: ${lost}. It was opened anew, and the run goes on from ` +
        `${newest}; ${repeated} step${repeated === 1 ? " is" : "s are"} repeated`,
    );
    return { path: newest, force: resume?.force ?? false };
  }
}

/** Restores the model from a checkpoint on a device opened anew; returns false where no device can be opened. */
async function moveToNewDevice(model: Model, checkpoint: string): Promise<boolean> {
  try {
    await restoreModel(model, checkpoint, { device: await reopenDevice(model.device) });
    return true;
  } catch (error) {
    if (error instanceof DeviceError) return false;
    throw error;
  }
}

/** Waits until the shared device is another one than the lost one, and returns it. */
async function reopenDevice(lost: Device): Promise<Device> {
  for (let i = 0; i < 10; i++) {
    const device = await sharedDevice();
    if (device !== lost) return device;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new DeviceError("The lost device is still the one that models share");
}
