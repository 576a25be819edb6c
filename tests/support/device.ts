/**
 * The devices of tests: one per file and kernel family that the adapter can run.
 *
 * @module
 */
import { type Device, type DeviceLimits, type KernelFamily, openDevice } from "../../src/gpu/mod.ts";
import { type Condition, needs } from "./needs.ts";

const open = new Map<string, Promise<Device>>();

/** Returns the device that a user gets (`fast`), or that of a kernel family. */
export function testDevice(kind: "fast" | KernelFamily = "fast"): Promise<Device> {
  let device = open.get(kind);
  if (!device) {
    const without = kind === "shared" ? ["subgroups", "int64"] as const : [];
    open.set(kind, device = openDevice(kind === "fast" ? {} : { family: kind, without }));
  }
  return device;
}

/**
 * Opens a device of a family with lower limits, in bytes. They may lie below those that `openDevice` takes, so that the
 * matrices of tiny models have to be cut.
 */
export async function lowDevice(
  family: KernelFamily,
  limits: Partial<Pick<DeviceLimits, "maxBufferSize" | "maxStorageBufferBindingSize">>,
): Promise<Device> {
  const device = await openDevice({ family, without: family === "shared" ? ["subgroups", "int64"] : [] });
  Object.assign(device.limits, limits);
  return device;
}

const { subgroup, adapter, f16 } = await testDevice();

/**
 * The families that this adapter can run. On OpenGL only `plain`: workgroup memory is zeroed there by one store after
 * another, and a software adapter compiles the attention of the family `shared` for minutes.
 */
export const families: readonly KernelFamily[] = Deno.env.get("DENO_WEBGPU_BACKEND") === "gl"
  ? ["plain"]
  : subgroup
  ? ["subgroup", "shared", "plain"]
  : ["shared", "plain"];

/** True where the adapter has half precision. */
export const half: boolean = f16;

/** The condition of tests in half precision. */
export const needsHalf: Condition = needs(half, `${adapter} grants no shader-f16`);

/** The condition of tests of the kernel family `subgroup`. */
export const needsSubgroups: Condition = needs(subgroup > 0, `${adapter} has no subgroups of one fixed size`);
