/**
 * A run whose GPU was lost goes on from its last checkpoint, on the device opened anew.
 *
 * Only the device that models share is opened anew: of one that the user opened nobody else knows the options, and other
 * models may wait for its owner to say what is to become of them.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import { restoreModel } from "../../model/lifecycle/load_model.ts";
import { isShared, sharedDevice } from "../../model/lifecycle/shared_device.ts";
import type { RunControl } from "./run_control.ts";
import type { RunContext } from "./run_context.ts";
import type { Journal } from "../monitoring/run_log.ts";
import { lossOf, lostDeviceError } from "../checkpoints/storage_errors.ts";
import { train } from "./run_stages.ts";

/** Times that a device is opened anew without a checkpoint in between. [ours] */
const most = 3;

/**
 * Does a job as {@linkcode train} does, again from the last checkpoint whenever the shared device was lost.
 *
 * @throws {DeviceError} when the GPU was lost and the run cannot go on by itself, with what is left and what to do
 */
export async function trainWithRecovery(
  job: RunContext,
  control: RunControl,
  journal: Journal,
  onStart: () => void,
): Promise<"done" | "stopped"> {
  let current = job;
  let tries = 0;
  let last: string | undefined;
  while (true) {
    try {
      return await train(current, control, journal, onStart);
    } catch (error) {
      const { model, folder } = job;
      const newest = folder?.newest;
      const lost = await lossOf(error, model.device);
      if (!lost) throw error;
      tries = newest === last ? tries + 1 : 1;
      last = newest;
      const hopeless = newest === undefined || tries > most || control.stopping.aborted;
      if (hopeless || !isShared(model.device) || !await revive(job, newest)) {
        throw lostDeviceError(error, lost, journal, newest);
      }
      const repeated = journal.step - (journal.saved ?? 0);
      journal.warn(
        `The GPU was lost after step ${journal.step}: ${lost}. It was opened anew, and the run goes on from ` +
          `${newest}; ${repeated} step${repeated === 1 ? " is" : "s are"} repeated`,
      );
      current = { ...job, resume: { path: newest, force: job.resume?.force ?? false } };
    }
  }
}

/** Moves the model to a device opened anew; false where there is none. */
async function revive({ model }: RunContext, checkpoint: string): Promise<boolean> {
  try {
    await restoreModel(model, checkpoint, { device: await openedAnew(model.device) });
    return true;
  } catch (error) {
    if (error instanceof DeviceError) return false;
    throw error;
  }
}

/** The shared device once the lost one is forgotten, which takes until its promise has been heard. */
async function openedAnew(lost: Device): Promise<Device> {
  for (let i = 0; i < 10; i++) {
    const device = await sharedDevice();
    if (device !== lost) return device;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new DeviceError("The lost device is still the one that models share");
}
