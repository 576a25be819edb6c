/**
 * A recorded dispatch: a kernel with its tensors, its parameters and its grid.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import type { Workgroups } from "./prelude.ts";
import type { Tensor } from "./tensor.ts";

/** One dispatch of a kernel. */
export interface Call {
  /** The kernel. */
  kernel: Kernel;
  /** Tensors by binding name. */
  args: Readonly<Record<string, Tensor>>;
  /** Parameters by name. */
  params: Readonly<Record<string, number>>;
  /** Workgroups. */
  grid: Workgroups;
  /** Floating-point operations; 0 where they are not counted. */
  flop: number;
  /** The part of the model that recorded it, such as `layer 0`. */
  scope: string;
}
