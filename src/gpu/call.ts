/**
 * The calls of a recording: dispatches of kernels, and exchanges with other processes.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import type { Workgroups } from "./prelude.ts";
import type { Tensor } from "./tensor.ts";

/** The fields that all calls have. */
export interface RecordedCall {
  /** Tensors by binding name; those of an exchange are `x`, which is sent, and `y`, which is received. */
  args: Readonly<Record<string, Tensor>>;
  /** Floating-point operations; 0 where they are not counted. */
  flop: number;
  /** The part of the model that recorded it, such as `layer 0`. */
  scope: string;
}

/** One dispatch of a kernel with its tensors, its parameters and its grid. */
export interface Dispatch extends RecordedCall {
  /** The kernel. */
  kernel: Kernel;
  /** Parameters by name. */
  params: Readonly<Record<string, number>>;
  /** Workgroups. */
  grid: Workgroups;
}

/**
 * The kinds of exchanges between t processes, where every process has an x. `gather` [R / t, C] to [R, C]: the rows of all,
 * one below another. `scatter` [R, C] to [R / t, C]: the own rows of the sum of all. `sum` [R, C] to [R, C]: the whole sum.
 */
export type ExchangeKind = "gather" | "scatter" | "sum";

/** An exchange of rows between the processes that hold the parts of a model. It stands between two submissions. */
export interface Exchange extends RecordedCall {
  /** Its kind. */
  exchange: ExchangeKind;
  /** Undefined: no kernel runs. */
  kernel?: undefined;
}

/** A call: a dispatch, or an exchange. */
export type Call = Dispatch | Exchange;

/** Returns true for a dispatch of a kernel. */
export function isDispatch(call: Call): call is Dispatch {
  return call.kernel !== undefined;
}

/** Returns the name of a call in listings. */
export function nameOfCall(call: Call): string {
  return isDispatch(call) ? call.kernel.name : `exchange ${call.exchange}`;
}

/** Returns the shapes of a call's tensors; a star marks those that it writes. */
export function shapesOfCall(call: Call): string {
  const bindings = isDispatch(call)
    ? call.kernel.bindings
    : [{ name: "x", writes: false }, { name: "y", writes: true }];
  return bindings
    .map(({ name, writes }) => `${writes ? "*" : ""}${name}[${call.args[name].shape.join(" ")}]`)
    .join(" ");
}
