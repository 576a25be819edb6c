/**
 * The kernel table: the kernel of the matrix product for each layout and size, per device.
 *
 * The choice decides the last bits of a result. That is why the table is data: a checkpoint keeps it, and a resumed run
 * uses it again. Programs keep the kernels that they were recorded with. The built-in tables come from measurements
 * (docs/log.md); on GPUs tune.ts may replace them.
 *
 * @module
 */
import type { DeviceProfile, KernelFamily } from "../../gpu/mod.ts";
import type { Tile } from "./shared.ts";
import type { Layout } from "./subgroup.ts";

/**
 * A kernel of the matrix product: its family, and the rows and columns of C that a workgroup computes. In the family
 * `subgroup` the columns are those of 8 lanes: other subgroups also compute eight columns per lane. `split`: where C has
 * few such blocks, the K of `tn` is cut, since it counts the rows of a batch (split_k.ts).
 */
export type Choice =
  | "subgroup 32x64"
  | "subgroup 64x64"
  | "shared 32x64"
  | "shared 64x64"
  | "shared 128x64"
  | "shared 128x128"
  | "shared 32x64 split"
  | "shared 64x64 split"
  | "shared 128x64 split"
  | "shared 128x128 split"
  | "plain";

/**
 * The size of a product. `low`: less than 64 rows of C; `small`: less than 2^18 numbers in C; `medium`: less than 2^21,
 * which are 128 blocks of 128 x 128; `large`: all others.
 */
export type Size = "low" | "small" | "medium" | "large";

/** Layout and size of a product, such as `nt large`. */
export type ShapeClass = `${Layout} ${Size}`;

/** The kernel table of a device, as plain data. */
export interface KernelChoices {
  /** The family of kernels. */
  family: KernelFamily;
  /** The kernel of each class of products. */
  matmul: Record<ShapeClass, Choice>;
}

/** All layouts. */
export const layouts: readonly Layout[] = ["nn", "nt", "tn"];

/** All sizes. */
export const sizes: readonly Size[] = ["low", "small", "medium", "large"];

/** All kernels of each family. */
export const candidates: Readonly<Record<KernelFamily, readonly Choice[]>> = {
  subgroup: ["subgroup 32x64", "subgroup 64x64"],
  shared: [
    "plain",
    "shared 32x64",
    "shared 64x64",
    "shared 128x64",
    "shared 128x128",
    "shared 32x64 split",
    "shared 64x64 split",
    "shared 128x64 split",
    "shared 128x128 split",
  ],
  plain: ["plain"],
};

/** Returns the rows and columns of C that a workgroup of a kernel with tiles computes. */
export function tileOf(choice: Choice): Tile {
  const [rows, cols] = choice.split(" ")[1].split("x").map(Number);
  return [rows, cols];
}

/** Returns the class of a product [M, N]. */
export function shapeClass(layout: Layout, M: number, N: number): ShapeClass {
  return `${layout} ${M < 64 ? "low" : M * N < 2 ** 18 ? "small" : M * N < 2 ** 21 ? "medium" : "large"}`;
}

/**
 * Returns the built-in choice. On a software adapter 64 rows are 8 to 15 % faster than 32, and take twice the time to
 * compile.
 */
function builtIn(family: KernelFamily, layout: Layout, size: Size): Choice {
  if (family === "plain") return "plain";
  if (family === "shared") return builtInShared(layout, size);
  return size === "low" ? "subgroup 32x64" : "subgroup 64x64";
}

/** Returns the built-in choice on GPUs: the largest blocks of C of which there are enough for a large one. */
function builtInShared(layout: Layout, size: Size): Choice {
  if (size === "large") return "shared 128x128";
  const tile = size === "low" ? "shared 32x64" : "shared 64x64";
  return layout === "tn" ? `${tile} split` : tile;
}

const chosen = new WeakMap<DeviceProfile, KernelChoices>();

function tableOf(device: DeviceProfile): KernelChoices {
  const known = chosen.get(device);
  if (known) return known;
  const entries = layouts.flatMap((layout) =>
    sizes.map((size) => [`${layout} ${size}`, builtIn(device.family, layout, size)])
  );
  const made = { family: device.family, matmul: Object.fromEntries(entries) as Record<ShapeClass, Choice> };
  chosen.set(device, made);
  return made;
}

/** Returns the kernel for a product of a class. */
export function choiceFor(device: DeviceProfile, shape: ShapeClass): Choice {
  return tableOf(device).matmul[shape];
}

/** Returns a copy of the kernel table of a device, to be kept with the results of its kernels. */
export function kernelTable(device: DeviceProfile): KernelChoices {
  return structuredClone(tableOf(device));
}

/**
 * Sets the kernel table of a device: programs recorded from now on use it.
 *
 * @returns false, and nothing changes, for a table of another family or with an unknown kernel
 */
export function useKernelTable(device: DeviceProfile, table: KernelChoices): boolean {
  const classes = layouts.flatMap((layout) => sizes.map((size): ShapeClass => `${layout} ${size}`));
  const fits = table.family === device.family &&
    classes.every((shape) => candidates[device.family].includes(table.matmul?.[shape]));
  if (fits) chosen.set(device, structuredClone(table));
  return fits;
}

/**
 * Returns the table with the current names of kernels and sizes. Tables of older versions have abbreviated names, and no
 * medium products: they were large.
 */
export function currentKernelTable({ family, matmul }: KernelChoices): KernelChoices {
  const current = <Name extends string>(name: Name) =>
    name.replace(/^sg\b/, "subgroup").replace(/^shm\b/, "shared") as Name;
  const choices = Object.entries(matmul).map(([shape, choice]) => [shape, current(choice)]);
  const read: KernelChoices["matmul"] = Object.fromEntries(choices);
  for (const layout of layouts) read[`${layout} medium`] ??= read[`${layout} large`];
  return { family: current(family), matmul: read };
}
