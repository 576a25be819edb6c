/**
 * The weights of LLaMA as the forward pass reads them. A process that holds a part of the model has rows of `qkv` and `w13`,
 * and columns of `wo` and `w2`.
 *
 * @module
 */
import type { Tensor } from "../../gpu/mod.ts";
import type { Adapter } from "../../ops/mod.ts";

/** The weights of one block. */
export interface LayerWeights {
  /** [D] norm before attention. */
  attentionNorm: Tensor;
  /** [D] its bias, of layer norms. */
  attentionNormBias?: Tensor;
  /** [(H + 2 KV) E, D] queries, keys, values. */
  qkv: Tensor;
  /** [D, H E] output of attention. */
  wo: Tensor;
  /** [D] norm before the feed-forward block. */
  ffnNorm: Tensor;
  /** [D] its bias, of layer norms. */
  ffnNormBias?: Tensor;
  /** [2F, D] W1 (gate) and W3 (up); [F, D] W1 alone for an activation without a gate. */
  w13: Tensor;
  /** [D, F] W2 (down). */
  w2: Tensor;
  /** Adapters of its matrices, when only they are trained. */
  adapters?: Partial<Record<"qkv" | "wo" | "w13" | "w2", Adapter>>;
}

/** All weights of a model. */
export interface LlamaWeights {
  /** [V, D] embedding table. */
  embedding: Tensor;
  /** [T, D] table of learned positions, if there is one. */
  positions?: Tensor;
  /** The blocks, first to last. */
  layers: LayerWeights[];
  /** [D] last norm. */
  norm: Tensor;
  /** [D] its bias, of layer norms. */
  normBias?: Tensor;
  /** [V, D] output matrix; the table itself when tied. */
  output: Tensor;
}
