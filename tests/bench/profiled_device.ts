/**
 * A device with timestamps, for `program.profile()`.
 *
 * @module
 */
import { Device } from "../../src/gpu/mod.ts";

/** Opens the adapter with `features`, those that it refuses left out. */
export async function openWith(features: readonly string[]): Promise<Device> {
  const adapter = (await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }))!;
  const limits = [
    "maxBufferSize",
    "maxStorageBufferBindingSize",
    "maxStorageBuffersPerShaderStage",
    "maxComputeInvocationsPerWorkgroup",
    "maxComputeWorkgroupSizeX",
  ] as const;
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  const names = [...features];
  for (;;) {
    try {
      const gpu = await adapter.requestDevice({
        requiredFeatures: names as GPUFeatureName[],
        requiredLimits,
      });
      return new Device(gpu, adapter.info, new Set(names), {});
    } catch (error) {
      if (names.pop() === undefined) throw error;
    }
  }
}
