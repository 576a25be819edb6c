/**
 * The forward pass of LLaMA (paper, section 2.2). The backward pass comes from the recorder's tape.
 *
 * Several processes can hold one model (Korthikanti and others 2022): each has its heads and its lines of the feed-forward
 * width, so that a layer that reads all numbers of a row comes after an exchange. Between blocks, a process that trains
 * holds R / t of the rows; one that only uses the model holds all of them.
 *
 * Shapes: R rows (batch times positions), D width, H query heads, KV key and value heads of E numbers each, F
 * feed-forward width, V vocabulary, T context.
 *
 * @module
 */
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import {
  add,
  attention,
  cacheRows,
  embedding,
  gatherRows,
  linear,
  rmsnorm,
  rope,
  scatterRows,
  sumRows,
  swiglu,
  type TokenRows,
} from "../../ops/mod.ts";
import type { ModelConfig } from "./config.ts";
import type { LayerWeights, LlamaWeights } from "./llama_weights.ts";
import { headDim, heldBlock, type Shard, wholeModel } from "./shard.ts";

/** Inputs of the forward pass otherWork the weights. */
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
 * the two terms added to the residual stream; `gate` is silu(W1 n) * W3 n; `residual` is the block's output.
 */
export type InnerPlace = "qkv" | "attention" | "gate" | "feedForward" | "residual";

/**
 * Records the model up to its last norm: [R, D], or [R / t, D] with gradients. The output matrix is applied with the loss, or
 * for the choice of a token.
 */
export function llama(r: Recorder, weights: LlamaWeights, input: LlamaInput, config: ModelConfig): Tensor {
  let x = embedding(r, input.tokens, weights.embedding);
  weights.layers.forEach((w, l) => {
    x = r.scope(`${l}`, () => r.block(x, (x) => block(r, x, w, input, config, l)));
  });
  return rmsnorm(r, x, weights.norm, config.normEps);
}

/** Records one block: h = x + attention(norm(x)), then h + W2 (silu(W1 n) * W3 n) with n = norm(h). */
function block(
  r: Recorder,
  x: Tensor,
  w: LayerWeights,
  input: LlamaInput,
  c: ModelConfig,
  layer: number,
): Tensor {
  const { positions, spans, batch, shard = wholeModel } = input;
  const E = headDim(c);
  const { heads, kvHeads } = heldBlock(c, shard);
  const { adapters } = w;
  const [gathered, reduced] = exchangesOf(r, shard);
  const qkv = linear(r, "qkv", gathered(rmsnorm(r, x, w.attentionNorm, c.normEps)), w.qkv, adapters?.qkv);
  const keys = (input.cache?.layers[layer].rows ?? qkv.rows) / batch;
  const angles = seenAngles(input.angles, keys);
  rope(r, qkv, { positions, angles, heads: heads + kvHeads, headDim: E });
  const cache = input.cache &&
    cacheRows(r, qkv, heads * E, input.cache.layers[layer], input.cache.slots, batch);
  const o = attention(r, { qkv, spans, cache }, {
    batch,
    queries: qkv.rows / batch,
    heads,
    kvHeads,
    headDim: E,
  });
  const attended = reduced(linear(r, "wo", o, w.wo, adapters?.wo));
  const h = add(r, x, attended);
  const normed = gathered(rmsnorm(r, h, w.ffnNorm, c.normEps));
  const gate = swiglu(r, linear(r, "w13", normed, w.w13, adapters?.w13));
  const fed = reduced(linear(r, "w2", gate, w.w2, adapters?.w2));
  const y = add(r, h, fed);
  if (input.watch) {
    const places = { qkv, attention: attended, gate, feedForward: fed, residual: y };
    for (const [place, tensor] of Object.entries(places)) input.watch(layer, place as InnerPlace, tensor);
  }
  return y;
}

/**
 * Returns the exchange in front of a layer that is cut by its outputs, and the one behind a layer that is cut by its inputs:
 * for a whole model none, else those of rows that are shared out, or, without gradients, of rows that all processes have.
 */
function exchangesOf(r: Recorder, { of }: Shard): ((x: Tensor) => Tensor)[] {
  if (of === 1) return [(x) => x, (x) => x];
  return r.gradients
    ? [(x) => gatherRows(r, x, of), (x) => scatterRows(r, x, of)]
    : [(x) => x, (x) => sumRows(r, x, of)];
}

/** Returns the angles of the positions below `keys`: all that a program reads, of a context that may be far longer. */
function seenAngles(angles: Tensor, keys: number): Tensor {
  const [context, ...shape] = angles.shape;
  return angles.view(angles.name, [Math.min(context, keys), ...shape]);
}
