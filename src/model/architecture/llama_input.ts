/**
 * The inputs of the forward pass beside the weights, as types.
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import type { TokenRows } from "../../ops/mod.ts";
import type { Shard } from "./shard.ts";

/** Inputs of the forward pass beside the weights. */
export interface LlamaInput {
  /** Token ids [R]; with gradients those of the own rows, [R / t]. */
  tokens: TokenRows;
  /** [R] the position of each row in its document. */
  positions: Tensor;
  /** [R, 2] the first and last key that each row sees. */
  spans: Tensor;
  /** [T, 2, E / 2] the rotary angles. */
  angles: Tensor;
  /** Number of sequences. */
  batch: number;
  /** The part of the model that this process holds (default: all of it). */
  shard?: Shard;
  /** For generation: [batch * keys, 2 KV E] keys and values of earlier rows per layer, and [R] the slots of the new ones. */
  cache?: { layers: Tensor[]; slots: Tensor };
  /** Called with each tensor inside a block as it is recorded; needs a recorder without gradients. */
  watch?: (layer: number, place: InnerPlace, tensor: Tensor) => void;
}

/**
 * A place inside a block, [R, ...] each: `qkv` are rotated queries and keys, and values; `attention` and `feedForward` are
 * the two terms added to the residual stream; `gate` is silu(W1 n) * W3 n, or the activation of W1 n; `residual` is the block's output.
 */
export type InnerPlace = "qkv" | "attention" | "gate" | "feedForward" | "residual";
