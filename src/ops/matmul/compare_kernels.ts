/**
 * Compares kernels of the matrix product: whether one gives the sums of `plain`, and the time that each takes.
 *
 * @module
 */
import { DeviceError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import { type Device, type Program, Recorder } from "../../gpu/mod.ts";
import { readTensor, upload } from "../check_gradients.ts";
import type { Choice } from "./kernel_table.ts";
import { type Layout, product } from "./matmul.ts";
import type { Comparison, Extents } from "./tuning.ts";

/** Products for the comparison with `plain`, which no tile divides: lengths by eights, by fours, and odd ones. */
const oddProducts: readonly Extents[] = [[136, 72, 40], [132, 260, 76], [67, 33, 19]];

/** Products whose K is long enough to be cut. */
const longProducts: readonly Extents[] = [[132, 68, 776], [35, 67, 601]];

/** Returns the products on which a kernel is compared: those by eights have a text of their own on software adapters. */
export function productsFor(choice: Choice): readonly Extents[] {
  if (choice.endsWith("split")) return longProducts;
  return choice.startsWith("subgroup") ? oddProducts : oddProducts.slice(1);
}

/** Returns true for a kernel that compiles and agrees with `plain`, to the rounding of sums in another order. */
export async function agrees(device: Device, choice: Choice, layout: Layout): Promise<boolean> {
  if (choice === "plain") return true;
  for (const extents of productsFor(choice)) {
    const found = await results(device, [choice, "plain"], layout, extents).catch((error) => {
      if (error instanceof DeviceError && !error.limit) return undefined;
      throw error;
    });
    if (!found) return false;
    const [got, want] = found;
    const largest = want.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    if (!got.every((x, i) => Math.abs(x - want[i]) <= 1e-5 * largest)) return false;
  }
  return true;
}

/** Computes the same product by several kernels. */
async function results(
  device: Device,
  among: readonly Choice[],
  layout: Layout,
  [M, N, K]: Extents,
): Promise<Float32Array[]> {
  const random = new Random(1);
  const r = new Recorder(device, "all", false);
  const noise = (shape: number[]) =>
    upload(device, "tuning", {
      shape,
      data: Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal()),
    });
  const a = noise(layout === "tn" ? [K, M] : [M, K]);
  const b = noise(layout === "nt" ? [N, K] : [K, N]);
  const out = among.map(() => r.tensor("c", [M, N]));
  among.forEach((choice, i) => product(r, choice, layout, { a, b, c: out[i] }));
  const program = await r.compile("tuning", out);
  try {
    program.replay();
    return await readTensor(device, out);
  } finally {
    program.dispose();
    for (const tensor of [a, b]) device.free(tensor.range().buffer);
  }
}

/** Records a product by several kernels, all on the same matrices, and returns the number of calls of each. */
export function recordAll(
  r: Recorder,
  among: readonly Choice[],
  layout: Layout,
  [M, N, K]: Extents,
): number[] {
  const a = r.tensor("a", layout === "tn" ? [K, M] : [M, K]);
  const b = r.tensor("b", layout === "nt" ? [N, K] : [K, N]);
  const c = r.tensor("c", [M, N]);
  return among.map((choice) => {
    const before = r.calls.length;
    product(r, choice, layout, { a, b, c });
    return r.calls.length - before;
  });
}

/**
 * Times a product by several kernels: the median of five rounds over all of them, by the GPU's own clock where the device
 * has one. Nothing else may run on the device meanwhile.
 */
export async function timeAll(
  device: Device,
  among: readonly Choice[],
  layout: Layout,
  extents: Extents,
): Promise<Comparison> {
  const ms: Comparison["ms"] = {};
  if (!device.timestamps) {
    for (const choice of among) ms[choice] = await timeByHost(device, choice, layout, extents);
    return { extents, ms };
  }
  const r = new Recorder(device, "all", false);
  const counts = recordAll(r, among, layout, extents);
  const program = await r.compile("tuning");
  try {
    const times = (await program.profile({ runs: 5 })).calls.map((call) => call.ms);
    among.forEach((choice, i) => {
      ms[choice] = times.splice(0, counts[i]).reduce((sum, time) => sum + time, 0);
    });
    return { extents, ms };
  } finally {
    program.dispose();
  }
}

/** Times a product by the host's clock: the median of five runs, each of at least 2 ms of work. */
async function timeByHost(
  device: Device,
  choice: Choice,
  layout: Layout,
  extents: Extents,
): Promise<number> {
  const r = new Recorder(device, "all", false);
  recordAll(r, [choice], layout, extents);
  const program = await r.compile("tuning");
  try {
    await replayed(program, 1); // drivers compile at first use
    const times = Math.min(100, Math.ceil(2 / await replayed(program, 1)));
    const found: number[] = [];
    for (let i = 0; i < 5; i++) found.push(await replayed(program, times));
    return found.sort((a, b) => a - b)[2];
  } finally {
    program.dispose();
  }
}

/** Replays a program and returns the milliseconds of one replay. */
async function replayed(program: Program, times: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) program.replay();
  const done = program.device.gpu.queue.onSubmittedWorkDone();
  const end = performance.now(); // in Deno the call itself waits for the queue
  await done;
  return (end - start) / times;
}
