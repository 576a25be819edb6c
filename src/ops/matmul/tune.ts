/**
 * The autotuner: it measures the fastest matrix product of each class on an adapter, once, and keeps the table on disk.
 *
 * A kernel is first compared with `plain` on products that no tile divides; one that differs is left out, however fast it
 * is (drivers have returned wrong sums before). Then the kernels of a class are timed on one product. The first use of a
 * GPU shall not wait long: at most four kernels stand for a class, classes that take most of a training step come first,
 * and after four seconds the classes that are left keep their built-in kernels. Software adapters take the built-in table,
 * since compiling costs them more than a choice saves.
 *
 * @module
 */
import { cacheHome, digest } from "../../base/cache.ts";
import { DeviceError } from "../../base/errors.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { type Progress, withProgress } from "../../display/mod.ts";
import { type Device, isDispatch, type KernelFamily, Recorder } from "../../gpu/mod.ts";
import { agrees, productsFor, recordAll, timeAll } from "./compare_kernels.ts";
import {
  candidates,
  type Choice,
  kernelTable,
  layouts,
  type ShapeClass,
  type Size,
  sizes,
  useKernelTable,
} from "./kernel_table.ts";
import type { Layout } from "./subgroup.ts";
import { type Extents, readTuning, Tuning, type TuningRecord } from "./tuning.ts";

export { type Comparison, type Extents, Tuning, type TuningRecord, type TuningSource } from "./tuning.ts";

/** The product that is timed for each size. K of `tn` is at least `minRows`. */
const typical: Readonly<Record<Size, Extents>> = {
  low: [32, 1024, 1024],
  small: [1024, 192, 512],
  medium: [1024, 1024, 1024],
  large: [2048, 2048, 2048],
};

/** The least K of `tn`: rows of a batch. */
const minRows = 4096;

/** The largest K on a software adapter, which has to multiply it in seconds. */
const maxSoftwareK = 256;

/** The kernels that are compared on GPUs: those whose blocks suit the size of C, the likeliest first. */
const likely: Readonly<Record<Size, readonly Choice[]>> = {
  low: ["shared 32x64", "shared 64x64", "plain"],
  small: ["shared 64x64", "shared 32x64", "shared 128x64"],
  medium: ["shared 64x64", "shared 128x64", "shared 128x128"],
  large: ["shared 128x128", "shared 128x64", "shared 64x64"],
};

/** The same for `tn` where C has few blocks. */
const likelyTall: Readonly<Partial<Record<Size, readonly Choice[]>>> = {
  low: ["shared 32x64 split", "shared 64x64 split", "shared 32x64"],
  small: ["shared 64x64 split", "shared 128x64 split", "shared 64x64"],
  medium: ["shared 64x64 split", "shared 128x128 split", "shared 64x64", "shared 128x128"],
};

/** Milliseconds after which a first use takes what it has. [ours] */
const patience = 4000;

/** Options of a tuning. */
export interface TuneOptions {
  /** Measure on a software adapter too. */
  measure?: boolean;
  /** Measure every class, however long it takes; default: those for which four seconds suffice. */
  whole?: boolean;
  /** Products to time, default one typical product per size; for tests, which cannot wait for large ones. */
  extents?: Readonly<Record<Size, Extents>>;
  /** Kernels to choose among, default those that suit the class. */
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
  const { adapter, family, software } = device;
  const builtIn = new Tuning({ adapter, table: kernelTable(device), compared: {}, took: 0 }, "built in");
  if (candidates[family].length === 1 || (software && !o.measure)) return builtIn;
  const file = `${cacheHome()}/tuning/${await identity(device)}.json`;
  const kept = await read(file);
  const complete = kept && Object.keys(kept.compared).length === classes.length;
  if (kept && (complete || !o.whole) && useKernelTable(device, kept.table)) {
    return new Tuning(kept, "disk", file);
  }
  try {
    const timing = { total: classes.length, unit: "product" };
    const found = await withProgress("timing kernels", timing, (progress) => measure(device, o, progress));
    if (!useKernelTable(device, found.table)) {
      throw new Error("The tuner chose a kernel that it does not know");
    }
    const isKept = await write(file, found);
    return new Tuning(found, "measured", isKept ? file : undefined);
  } catch (error) {
    if (error instanceof DeviceError && error.limit) return builtIn; // no room to measure under this memory limit
    throw error;
  }
}

/** All classes, those of the most arithmetic first. */
const classes = sizes.toReversed().flatMap((size) =>
  layouts.toReversed().map((layout) => ({ layout, size }))
);

/** Returns the kernels that are compared for a class. */
function choicesFor(family: KernelFamily, layout: Layout, size: Size): readonly Choice[] {
  if (family !== "shared") return candidates[family];
  return (layout === "tn" ? likelyTall[size] : undefined) ?? likely[size];
}

/** Returns the product that is timed for a class. */
function typicalOf({ software }: Device, layout: Layout, size: Size): Extents {
  const [M, N, K] = typical[size];
  if (software) return [M, N, Math.min(K, maxSoftwareK)];
  return [M, N, layout === "tn" ? Math.max(K, minRows) : K];
}

/** Returns the key of a tuning: the adapter, the version of Deno and the texts of all kernels. */
function identity(device: Device): Promise<string> {
  const r = new Recorder(device, "all", false);
  for (const choice of candidates[device.family]) {
    for (const layout of layouts) {
      for (const extents of productsFor(choice)) recordAll(r, [choice], layout, extents);
    }
  }
  const texts = r.calls.filter(isDispatch).map((call) => call.kernel.code);
  return digest(JSON.stringify([device.adapter, device.family, Deno.version.deno, texts]));
}

/** Compares the kernels class by class until time is up. */
async function measure(device: Device, o: TuneOptions, progress: Progress): Promise<TuningRecord> {
  const start = performance.now();
  const timeIsUp = () => !o.whole && performance.now() - start > patience;
  const table = kernelTable(device);
  const compared: TuningRecord["compared"] = {};
  const sound = new Map<string, boolean>();
  for (const { layout, size } of classes) {
    const shape: ShapeClass = `${layout} ${size}`;
    const among: Choice[] = [];
    for (const choice of o.among ?? choicesFor(device.family, layout, size)) {
      if (timeIsUp()) break;
      const key = `${layout} ${choice}`;
      if (!sound.has(key)) sound.set(key, await agrees(device, choice, layout));
      if (sound.get(key)) among.push(choice);
    }
    if (timeIsUp()) break;
    const extents = o.extents?.[size] ?? typicalOf(device, layout, size);
    const { ms } = compared[shape] = among.length
      ? await timeAll(device, among, layout, extents)
      : { extents, ms: {} };
    table.matmul[shape] = among.toSorted((a, b) => ms[a]! - ms[b]!)[0] ?? "plain";
    progress.add();
  }
  return { adapter: device.adapter, table, compared, took: performance.now() - start };
}

/** Reads a kept tuning; undefined without a file, without the permission to read it, or for a damaged one. */
async function read(file: string): Promise<TuningRecord | undefined> {
  try {
    return readTuning(JSON.parse(await Deno.readTextFile(file)));
  } catch {
    return undefined;
  }
}

/** Keeps a tuning. Returns false where a read-only folder or a missing permission prevents it: the next process measures again. */
async function write(file: string, found: TuningRecord): Promise<boolean> {
  try {
    await Deno.mkdir(file.replace(/[^/]*$/, ""), { recursive: true });
    await writeAtomically(file, (put) => put(new TextEncoder().encode(JSON.stringify(found, null, 2))));
    return true;
  } catch {
    return false;
  }
}
