// A model that several ranks of this process hold together, each on a device of its own.
import { type Device, type DeviceOptions, openDevice } from "../../src/gpu/mod.ts";
import type { Group } from "../../src/base/exchange.ts";
import { loopback } from "../../src/parallel/loopback.ts";

/** Runs `program` as `size` ranks, each with a device that is closed behind it. Returns their results in order. */
export async function onRanks<T>(
  size: number,
  program: (device: Device, world: Group) => Promise<T>,
  options: DeviceOptions = {},
): Promise<T[]> {
  return await loopback(size, async (world) => {
    const device = await openDevice(options);
    try {
      return await program(device, world);
    } finally {
      device.close();
    }
  });
}
