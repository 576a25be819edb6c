/**
 * A recorded dispatch: what runs, on what.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import type { Workgroups } from "./prelude.ts";
import type { Tensor } from "./tensor.ts";

/** One dispatch of a kernel. */
export interface Call {
  /** What runs. */
  kernel: Kernel;
  /** Its tensors by binding name. */
  args: Readonly<Record<string, Tensor>>;
  /** Its parameters by name. */
  params: Readonly<Record<string, number>>;
  /** Workgroups. */
  grid: Workgroups;
  /** Floating-point operations, where they matter. */
  flop: number;
  /** Where in the model it stands, such as `layer 0`. */
  scope: string;
}
