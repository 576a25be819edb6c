/**
 * Compiles the kernels of a program before its first replay, on two threads, where a driver compiles at the first dispatch.
 *
 * Mesa's software driver makes machine code when a kernel is dispatched for the first time: in a hundredth of a second for
 * a short text, in more than a second for the largest tile of a product. A WebGPU device has one thread for that. A second
 * device therefore compiles half of the kernels at the same time, and the first one finds their code in the driver's
 * cache on the disk. Where the driver keeps no cache the first device compiles them itself, as it would have anyway.
 *
 * @module
 */
import { type Device, openDevice } from "./device.ts";
import { bindGroupLayout, type Kernel, pipeline } from "./kernel.ts";

/** A call of a kernel: its pipeline, its bindings, and the words of its parameters. */
export interface KernelCall {
  /** The kernel. */
  kernel: Kernel;
  /** Its pipeline on the device. */
  pipeline: GPUComputePipeline;
  /** Its bindings on the device. */
  group: GPUBindGroup;
  /** The words of its `Params`. */
  words: Uint32Array<ArrayBuffer>;
}

/** Characters from which a text takes long to compile. */
const long = 15_000;

/** Milliseconds above which such a text did not come from the driver's cache, from which it comes in less than 20. */
const compiled = 60;

const known = new WeakMap<Device, Set<Kernel>>();

/**
 * Compiles those kernels of `calls` that the device has not run yet. The shortest of the long ones goes first and shows
 * whether the driver's cache has them; if it has, nothing else is done.
 */
export async function compileAhead(device: Device, calls: readonly KernelCall[]): Promise<void> {
  if (device.family !== "subgroup" || !device.software || navigator.hardwareConcurrency < 2) return;
  const seen = known.get(device) ?? new Set();
  known.set(device, seen);
  const fresh = calls.filter(({ kernel }) => !seen.has(kernel) && seen.add(kernel));
  const [probe, ...rest] = fresh.filter(({ kernel }) => kernel.code.length >= long)
    .sort((a, b) => a.kernel.code.length - b.kernel.code.length);
  if (rest.length < 2) return;
  const start = performance.now();
  submitNone(device, [probe]);
  await device.gpu.queue.onSubmittedWorkDone();
  if (performance.now() - start < compiled) return;
  const [own, others] = halves(fresh.filter((call) => call !== probe), ({ kernel }) => kernel.code.length);
  submitNone(device, own);
  const second = await openDevice(device.options).catch(() => undefined); // without it, the first replay compiles the rest
  if (second) await compileOn(second, others);
  second?.close();
  await device.gpu.queue.onSubmittedWorkDone();
}

/** Splits items into two parts of about equal total weight, the heaviest first. */
export function halves<Item>(items: readonly Item[], weight: (item: Item) => number): [Item[], Item[]] {
  const parts: [Item[], Item[]] = [[], []];
  const sums = [0, 0];
  for (const item of items.toSorted((a, b) => weight(b) - weight(a))) {
    const lighter = sums[0] <= sums[1] ? 0 : 1;
    parts[lighter].push(item);
    sums[lighter] += weight(item);
  }
  return parts;
}

/** Makes the same calls on another device, on empty buffers. The driver reads the parameters while it compiles. */
async function compileOn(device: Device, calls: readonly KernelCall[]): Promise<void> {
  const made = await Promise.all(calls.map(async ({ kernel, words }) => {
    const params = device.buffer("compile ahead", words.byteLength, { usage: 0x40 }); // UNIFORM
    device.write(params, words);
    const buffers = [...kernel.bindings.map(() => device.buffer("compile ahead", 256)), params];
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const group = device.gpu.createBindGroup({ layout: bindGroupLayout(device, kernel), entries });
    return { group, pipeline: await pipeline(device, kernel) };
  }));
  submitNone(device, made);
  await device.gpu.queue.onSubmittedWorkDone();
}

/** Submits each call with no workgroup, so that the driver compiles it and runs nothing. */
function submitNone({ gpu }: Device, calls: readonly Pick<KernelCall, "pipeline" | "group">[]): void {
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const { pipeline, group } of calls) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(0);
  }
  pass.end();
  gpu.queue.submit([encoder.finish()]);
}
