/**
 * Which kernel multiplies which matrices: a short table for each adapter, by layout and size of the product.
 *
 * The choice decides the last bits of a result, so it is data: a checkpoint keeps the table, and a resumed run takes
 * it back. Programs keep the kernels they were recorded with. The built-in tables are what was measured (docs/log.md);
 * on GPUs tune.ts may replace them.
 *
 * @module
 */
import type { DeviceProfile, KernelFamily } from "../../gpu/mod.ts";
import type { Layout } from "./subgroup.ts";

/** A kernel of the matrix product by family and by rows and columns of C that a workgroup computes. */
export type Choice = "subgroup 32x64" | "subgroup 64x64" | "shared 64x64" | "shared 128x128" | "plain";

/** `low`: under 64 rows of C; `small`: under 2^18 numbers in C; `large`: the rest. */
export type Size = "low" | "small" | "large";

/** Layout and size of a product, such as `nt large`. */
export type ShapeClass = `${Layout} ${Size}`;

/** The choices of a device, as plain data. */
export interface KernelChoices {
  /** Which kernels are taken where several do the same. */
  family: KernelFamily;
  /** The matrix product. */
  matmul: Record<ShapeClass, Choice>;
}

/** All layouts. */
export const layouts: readonly Layout[] = ["nn", "nt", "tn"];

/** All sizes. */
export const sizes: readonly Size[] = ["low", "small", "large"];

/** The choices that a family has, the built-in one of large products last. */
export const candidates: Readonly<Record<KernelFamily, readonly Choice[]>> = {
  subgroup: ["subgroup 32x64", "subgroup 64x64"],
  shared: ["plain", "shared 64x64", "shared 128x128"],
  plain: ["plain"],
};

/** The class of a product [M, N]. */
export function shapeClass(layout: Layout, M: number, N: number): ShapeClass {
  return `${layout} ${M < 64 ? "low" : M * N < 2 ** 18 ? "small" : "large"}`;
}

/** 64 rows gain a tenth over 32 on a CPU and a second longer to compile; for `tn` half of that in twice the time. */
function builtIn(family: KernelFamily, layout: Layout, size: Size): Choice {
  if (family === "plain") return "plain";
  if (family === "shared") return size === "large" ? "shared 128x128" : "shared 64x64";
  return size === "low" || layout === "tn" ? "subgroup 32x64" : "subgroup 64x64";
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

/** The choice for a product of a class. */
export function choiceFor(device: DeviceProfile, shape: ShapeClass): Choice {
  return tableOf(device).matmul[shape];
}

/** The choices of a device, to be kept with whatever was computed by them. */
export function kernelTable(device: DeviceProfile): KernelChoices {
  return structuredClone(tableOf(device));
}

/**
 * Takes choices that were kept: programs recorded from now on use them.
 *
 * @returns false, and nothing changes, where the device is of another family or a choice is not known
 */
export function useKernelTable(device: DeviceProfile, table: KernelChoices): boolean {
  const classes = layouts.flatMap((layout) => sizes.map((size): ShapeClass => `${layout} ${size}`));
  const fits = table.family === device.family &&
    classes.every((shape) => candidates[device.family].includes(table.matmul?.[shape]));
  if (fits) chosen.set(device, structuredClone(table));
  return fits;
}
