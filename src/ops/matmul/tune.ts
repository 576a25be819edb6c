/**
 * The autotuner: it measures the fastest matrix product of each class on an adapter, once, and keeps the table on disk.
 *
 * Each kernel of kernel_table.ts is first compared with `plain` on three products that no tile divides. A kernel that
 * differs is left out, however fast it is (drivers have returned wrong sums before). Then each class of products is timed
 * on one of them. Software adapters take the built-in table, since compiling costs them more than a choice saves.
 *
 * @module
 */
import { cacheHome, digest } from "../../base/cache.ts";
import { DeviceError } from "../../base/errors.ts";
import { Random } from "../../base/random.ts";
import { writeAtomically } from "../../formats/mod.ts";
import { type Device, Recorder } from "../../gpu/mod.ts";
import { readTensor, upload } from "../check_gradients.ts";
import {
  candidates,
  type Choice,
  type KernelChoices,
  kernelTable,
  layouts,
  type ShapeClass,
  type Size,
  sizes,
  useKernelTable,
} from "./kernel_table.ts";
import { type Layout, product } from "./matmul.ts";

/** Sizes of a product: rows and columns of C, and the inner length. */
export type Extents = readonly [M: number, N: number, K: number];

/** The product that is timed for each size. */
const typical: Readonly<Record<Size, Extents>> = {
  low: [32, 1024, 1024],
  small: [1024, 192, 512],
  medium: [1024, 1024, 1024],
  large: [2048, 2048, 2048],
};

/** Products for the comparison with `plain`, which no tile divides: lengths by eights, by fours, and odd ones. */
const oddProducts: readonly Extents[] = [[136, 72, 40], [132, 260, 76], [67, 33, 19]];

/** The result of a tuning. */
export interface Tuning {
  /** The adapter's description. */
  adapter: string;
  /** The kernel table that the device uses from now on. */
  table: KernelChoices;
  /** Milliseconds of each kernel by class; empty where nothing was timed. */
  times: Record<string, Partial<Record<Choice, number>>>;
  /** The source of the table: the built-in one, the file of an earlier tuning, or a measurement just now. */
  from: "built in" | "disk" | "measured";
}

/** Options of a tuning. They are for tests, which cannot wait for a CPU to multiply large matrices. */
export interface TuneOptions {
  /** Measure on a software adapter too. */
  measure?: boolean;
  /** Products to time, default one typical product per size. */
  extents?: Readonly<Record<Size, Extents>>;
  /** Kernels to choose among, default all of the family. */
  among?: readonly Choice[];
}

const tuned = new WeakMap<Device, Promise<Tuning>>();

/**
 * Chooses the kernels of a device and sets its kernel table. It works once per device: later calls return the first
 * result.
 */
export function tune(device: Device, options: TuneOptions = {}): Promise<Tuning> {
  let found = tuned.get(device);
  if (!found) {
    found = choose(device, options);
    tuned.set(device, found);
    found.catch(() => tuned.delete(device));
  }
  return found;
}

async function choose(device: Device, o: TuneOptions): Promise<Tuning> {
  const among = o.among ?? candidates[device.family];
  const { adapter } = device;
  const builtIn: Tuning = { adapter, table: kernelTable(device), times: {}, from: "built in" };
  if (among.length === 1 || (device.software && !o.measure)) return builtIn;
  const file = `${cacheHome()}/tuning/${await identity(device, among)}.json`;
  const kept = await read(file);
  if (kept && useKernelTable(device, kept.table)) return { ...kept, from: "disk" };
  try {
    const found = await measure(device, among, o.extents ?? typical);
    if (!useKernelTable(device, found.table)) {
      throw new Error("The tuner chose a kernel that it does not know");
    }
    await write(file, found);
    return found;
  } catch (error) {
    if (error instanceof DeviceError && error.limit) return builtIn; // no room to measure under this memory limit
    throw error;
  }
}

/** Returns the key of a tuning: the adapter, the version of Deno and the texts of all kernels. */
function identity(device: Device, among: readonly Choice[]): Promise<string> {
  const r = new Recorder(device, "all", false);
  for (const choice of among) {
    for (const layout of layouts) for (const at of oddProducts) record(r, choice, layout, at);
  }
  const texts = r.calls.map((call) => call.kernel.code);
  return digest(JSON.stringify([device.adapter, device.family, Deno.version.deno, texts]));
}

/** Records a product on new tensors. */
function record(r: Recorder, choice: Choice, layout: Layout, [M, N, K]: Extents): void {
  const a = r.tensor("a", layout === "tn" ? [K, M] : [M, K]);
  const b = r.tensor("b", layout === "nt" ? [N, K] : [K, N]);
  product(r, choice, layout, { a, b, c: r.tensor("c", [M, N]) });
}

async function measure(
  device: Device,
  among: readonly Choice[],
  extents: Readonly<Record<Size, Extents>>,
): Promise<Tuning> {
  const table = kernelTable(device);
  const times: Tuning["times"] = {};
  for (const layout of layouts) {
    const sound: Choice[] = [];
    for (const choice of among) if (await agrees(device, choice, layout)) sound.push(choice);
    for (const size of sizes) {
      const shape: ShapeClass = `${layout} ${size}`;
      const found: Partial<Record<Choice, number>> = {};
      for (const choice of sound) found[choice] = await time(device, choice, layout, extents[size]);
      times[shape] = found;
      table.matmul[shape] = sound.toSorted((a, b) => found[a]! - found[b]!)[0] ?? "plain";
    }
  }
  return { adapter: device.adapter, table, times, from: "measured" };
}

/** Returns true for a kernel that compiles and agrees with `plain`, to the rounding of sums in another order. */
export async function agrees(
  device: Device,
  choice: Choice,
  layout: Layout,
  products: readonly Extents[] = oddProducts,
): Promise<boolean> {
  if (choice === "plain") return true;
  for (const at of products) {
    const found = await results(device, [choice, "plain"], layout, at).catch((error) => {
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

/** Measures the milliseconds of a product: the minimum of five, each over at least 2 ms of work. */
async function time(device: Device, choice: Choice, layout: Layout, at: Extents): Promise<number> {
  const r = new Recorder(device, "all", false);
  record(r, choice, layout, at);
  const program = await r.compile("tuning");
  const run = async (times: number) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) program.replay();
    const done = device.gpu.queue.onSubmittedWorkDone();
    const end = performance.now(); // in Deno the call itself waits for the queue
    await done;
    return (end - start) / times;
  };
  try {
    await run(1); // drivers compile at first use
    const times = Math.min(100, Math.ceil(2 / await run(1)));
    let best = Infinity;
    for (let i = 0; i < 5; i++) best = Math.min(best, await run(times));
    return best;
  } finally {
    program.dispose();
  }
}

/** Reads a kept tuning; undefined without a file, without the permission to read it, or for a damaged one. */
async function read(file: string): Promise<Tuning | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(file));
  } catch {
    return undefined;
  }
}

/** Keeps a tuning; where that fails, the next process measures again. */
async function write(file: string, found: Tuning): Promise<void> {
  try {
    await Deno.mkdir(file.replace(/[^/]*$/, ""), { recursive: true });
    await writeAtomically(file, (put) => put(new TextEncoder().encode(JSON.stringify(found, null, 2))));
  } catch { /* a read-only folder or a missing permission is no reason to fail */ }
}
