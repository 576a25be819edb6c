/**
 * The device that models share when they were given none. Only that device can be opened anew after a loss: nobody but
 * the owner knows the options of another.
 *
 * @module
 */
import { defaultDevice, type Device } from "../../gpu/mod.ts";

const sharedDevices = new WeakSet<Device>();

/**
 * Returns the device of models that were given none.
 *
 * @throws {DeviceError} without an adapter
 */
export async function sharedDevice(): Promise<Device> {
  const device = await defaultDevice();
  sharedDevices.add(device);
  return device;
}

/** Returns true for the shared device, and for one that was it before it was lost. */
export function isShared(device: Device): boolean {
  return sharedDevices.has(device);
}
