/**
 * The device that models share unless they name one.
 *
 * After a loss only this device can be opened anew, since the options of another are known to its owner alone.
 *
 * @module
 */
import { defaultDevice, type Device } from "../../gpu/mod.ts";
import { crowdWarning, type HostShare, takeShare } from "../../gpu/adapters/rank_device.ts";
import { ownLauncher } from "../../parallel/world.ts";

const sharedDevices = new WeakSet<Device>();

let warned = false;

/**
 * Opens the shared device, or returns it if it is open. Under a launcher it is this process's share of the host: a GPU of its
 * own, or some cores of a software adapter. Processes that share a GPU are warned once.
 *
 * @throws {DeviceError} without an adapter
 */
export async function sharedDevice(): Promise<Device> {
  const share = hostShare();
  if (share) takeShare(share);
  const device = await defaultDevice();
  const warning = share && !device.software && !warned ? crowdWarning(share) : undefined;
  if (warning) console.warn(warning);
  warned ||= warning !== undefined;
  sharedDevices.add(device);
  return device;
}

function hostShare(): HostShare | undefined {
  const { localRank, localSize } = ownLauncher() ?? {};
  return localRank === undefined || localSize === undefined
    ? undefined
    : { rank: localRank, ranks: localSize };
}

/** Returns true for the shared device, and for one that was it before it was lost. */
export function isShared(device: Device): boolean {
  return sharedDevices.has(device);
}
