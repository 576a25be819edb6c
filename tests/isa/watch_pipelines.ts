/**
 * Markers around what a driver writes about each pipeline that a device makes.
 *
 * @module
 */
import type { Device } from "../../src/gpu/mod.ts";
import { endMarker, markerOf } from "./shader_stats.ts";

/** Writes a marker in front of what the driver writes about a pipeline, and one behind it. */
export function watchPipelines({ gpu }: Device): void {
  const create = gpu.createComputePipeline.bind(gpu);
  gpu.createComputePipeline = (descriptor) => {
    console.error(markerOf(descriptor.label ?? ""));
    const made = create(descriptor);
    console.error(endMarker);
    return made;
  };
}
