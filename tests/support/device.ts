/**
 * One device for all tests of a file, and a second one without optional features: what a baseline adapter runs.
 *
 * @module
 */
import { type Device, openDevice } from "../../src/gpu/mod.ts";

const open = new Map<string, Promise<Device>>();

/** The adapter with all it grants (`fast`), or with nothing optional (`plain`). */
export function testDevice(kind: "fast" | "plain" = "fast"): Promise<Device> {
  let device = open.get(kind);
  if (!device) {
    open.set(kind, device = openDevice(kind === "plain" ? { without: ["subgroups", "int64"] } : {}));
  }
  return device;
}

/** Both kinds. */
export const kinds = ["fast", "plain"] as const;
