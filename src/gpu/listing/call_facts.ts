/**
 * The facts of a call in listings: its part of the model, the tensors that it reads and writes, their bytes.
 *
 * @module
 */
import { type Call, isDispatch, nameOfCall } from "../call.ts";
import type { Tensor } from "../tensor.ts";

/** A tensor of a call, by its binding. */
export interface CallTensor {
  /** Name of the binding. */
  binding: string;
  /** True where the call writes it. */
  writes: boolean;
  /** The tensor. */
  tensor: Tensor;
}

/** Returns the tensors of a call in the order of its bindings. */
export function tensorsOf(call: Call): CallTensor[] {
  const bindings = isDispatch(call)
    ? call.kernel.bindings
    : [{ name: "x", writes: false }, { name: "y", writes: true }];
  return bindings.map(({ name, writes }) => ({ binding: name, writes, tensor: call.args[name] }));
}

/** Returns the bytes of a call's tensors, each counted once: what a kernel moves that reads and writes everything once. */
export function bytesOfCall(call: Call): number {
  const distinct = new Map(tensorsOf(call).map(({ tensor }) => [tensor, tensor.bytes]));
  return [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Returns the part of the model that a call belongs to, such as `block 3`; `model` for what stands around the blocks. */
export function partOf({ scope }: Call): string {
  return scope === "" ? "model" : scope.replace(/^(?=\d)/, "block ");
}

/** The direction of a call: empty in a program without a backward pass. */
export type Pass = "forward" | "backward" | "";

/** Returns the direction of call `index` of a program whose first `forwardCalls` calls are the forward pass. */
export function passOf(index: number, forwardCalls: number, calls: readonly Call[]): Pass {
  if (forwardCalls === calls.length) return "";
  return index < forwardCalls ? "forward" : "backward";
}

/** Returns the names of the tensors that a call writes, without the part of the model that stands in front of them. */
export function resultOf(call: Call): string {
  const start = `${call.scope}.`;
  return tensorsOf(call).filter(({ writes }) => writes)
    .map(({ tensor: { name } }) => call.scope && name.startsWith(start) ? name.slice(start.length) : name)
    .join(", ");
}

/** Returns the name of a call's kernel without the constants that it was made with. */
export function shortName(call: Call): string {
  return nameOfCall(call).replaceAll(/ \w+=\S+/g, "");
}

/** Returns a text that two calls share which run the same kernel on the same shapes. */
export function kindOf(call: Call): string {
  return `${nameOfCall(call)} ${tensorsOf(call).map(({ tensor }) => tensor.shape.join(" ")).join(", ")}`;
}
