/**
 * The device that models share, and whether a device is or was that one: only such a device can be opened anew without
 * its owner, since nobody else knows the options of another.
 *
 * @module
 */
import { defaultDevice, type Device } from "../gpu/mod.ts";

const shared = new WeakSet<Device>();

/** The device of models that were given none. */
export async function sharedDevice(): Promise<Device> {
  const device = await defaultDevice();
  shared.add(device);
  return device;
}

/** Whether models that were given no device live on `device`, or lived on it before it was lost. */
export function isShared(device: Device): boolean {
  return shared.has(device);
}
