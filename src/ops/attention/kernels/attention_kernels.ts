/**
 * The three kernels of an attention as a kernel family offers them: attention.ts records them, whatever they are.
 *
 * @module
 */
import type { Kernel, Tensor, Workgroups } from "../../../gpu/mod.ts";

/** Sizes of an attention. */
export interface AttentionShape {
  /** Number of sequences, B. */
  batch: number;
  /** Query rows per sequence, T. */
  queries: number;
  /** Query heads, H. */
  heads: number;
  /** Key and value heads, Hkv; `heads` is a multiple of it. */
  kvHeads: number;
  /** Numbers in a head, E. */
  headDim: number;
}

/** A kernel of the attention: output, gradient of the queries, gradient of keys and values. */
export type AttentionPass = "forward" | "gradQ" | "gradKV";

/** The kernels of an attention and their workgroups. */
export interface AttentionKernels {
  /** Numbers in a unit of the strides and columns that the kernels are given. */
  unit: number;
  /** Tensors that all of them read besides the others. */
  args: Readonly<Record<string, Tensor>>;
  /** Returns a kernel. */
  kernel(pass: AttentionPass): Kernel;
  /** Returns the workgroups of a kernel. */
  grid(pass: AttentionPass): Workgroups;
}

/** The tensors of an attention that may be of another type than f32, by the names of their bindings. */
export type AttentionTensors = Readonly<Record<"q" | "kv" | "o", Tensor>>;
