/**
 * The device that models share unless they name one.
 *
 * After a loss only this device can be opened anew, since the options of another are known to its owner alone.
 *
 * @module
 */
import { defaultDevice, type Device } from "../../gpu/mod.ts";

const sharedDevices = new WeakSet<Device>();

/**
 * Opens the shared device, or returns it if it is open.
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
