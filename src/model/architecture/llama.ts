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
  gelu,
  layernorm,
  learnedPositions,
  linear,
  relu,
  rmsnorm,
  rope,
  scatterRows,
  sumRows,
  swiglu,
} from "../../ops/mod.ts";
import type { ModelConfig } from "./model_config.ts";
import type { LlamaInput } from "./llama_input.ts";
import type { LayerWeights, LlamaWeights } from "./llama_weights.ts";
import { ownActivation, ownForward } from "./own_parts.ts";
import { positionOf } from "./parts.ts";
import { headDim, heldBlock, type Shard, wholeModel } from "./shard.ts";

/**
 * Records the model up to its last norm: [R, D], or [R / t, D] with gradients. The output matrix is applied with the loss, or
 * for the choice of a token.
 *
 * @throws {ConfigError} for a part of the user's own that throws, or that gives a tensor of another shape
 */
export function llama(r: Recorder, weights: LlamaWeights, input: LlamaInput, config: ModelConfig): Tensor {
  if (config.parts?.forward) return ownForward(r, weights, input, config, config.parts.forward);
  let x = embed(r, weights, input);
  weights.layers.forEach((w, l) => {
    x = r.scope(`${l}`, () => r.block(x, (x) => block(r, x, w, input, config, l)));
  });
  return normalise(r, x, config, weights.norm, weights.normBias);
}

/** Records the bottom of the model: the vectors of the tokens, and those of their positions where these are learned. */
export function embed(r: Recorder, weights: LlamaWeights, input: LlamaInput): Tensor {
  const x = embedding(r, input.tokens, weights.embedding);
  if (!weights.positions) return x;
  const skip = x.rows < input.positions.size ? (input.shard?.rank ?? 0) * x.rows : 0; // the rows of the processes before it
  return learnedPositions(r, x, weights.positions, input.positions, skip);
}

/** Records a norm of `x` [R, D]: RMSNorm, or with a bias the layer norm. */
export function normalise(r: Recorder, x: Tensor, c: ModelConfig, weight: Tensor, bias?: Tensor): Tensor {
  return bias ? layernorm(r, x, weight, bias, c.normEps) : rmsnorm(r, x, weight, c.normEps);
}

/** Records one block: h = x + attention(norm(x)), then h + feed-forward(norm(h)). */
export function block(
  r: Recorder,
  x: Tensor,
  w: LayerWeights,
  input: LlamaInput,
  c: ModelConfig,
  layer: number,
): Tensor {
  const seen = normalise(r, x, c, w.attentionNorm, w.attentionNormBias);
  const h = add(r, x, attend(r, seen, w, input, c, layer));
  const fed = normalise(r, h, c, w.ffnNorm, w.ffnNormBias);
  const y = add(r, h, feedForward(r, fed, w, input, c, layer));
  input.watch?.(layer, "residual", y);
  return y;
}

/** Records attention of normed rows `x` [R, D] with its four matrices; it adds to and reads the cache where there is one. */
export function attend(
  r: Recorder,
  x: Tensor,
  w: LayerWeights,
  input: LlamaInput,
  c: ModelConfig,
  layer: number,
): Tensor {
  const { positions, spans, batch, watch, shard = wholeModel } = input;
  const headSize = headDim(c);
  const { heads, kvHeads } = heldBlock(c, shard);
  const [gathered, reduced] = exchangesOf(r, shard);
  const qkv = linear(r, "qkv", gathered(x), w.qkv, w.adapters?.qkv);
  if (positionOf(c) === "rope") {
    const keys = (input.cache?.layers[layer].rows ?? qkv.rows) / batch;
    const angles = seenAngles(input.angles, keys);
    rope(r, qkv, { positions, angles, heads: heads + kvHeads, headDim: headSize });
  }
  const cache = input.cache &&
    cacheRows(r, qkv, heads * headSize, input.cache.layers[layer], input.cache.slots, batch);
  const shape = { batch, queries: qkv.rows / batch, heads, kvHeads, headDim: headSize };
  const o = attention(r, { qkv, spans, cache }, shape);
  const attended = reduced(linear(r, "wo", o, w.wo, w.adapters?.wo));
  watch?.(layer, "qkv", qkv);
  watch?.(layer, "attention", attended);
  return attended;
}

/** Records the feed-forward block of normed rows `x` [R, D]: W2 (silu(W1 x) * W3 x), or W2 f(W1 x) without a gate. */
export function feedForward(
  r: Recorder,
  x: Tensor,
  w: LayerWeights,
  { watch, shard = wholeModel }: LlamaInput,
  c: ModelConfig,
  layer: number,
): Tensor {
  const [gathered, reduced] = exchangesOf(r, shard);
  const gate = activate(r, linear(r, "w13", gathered(x), w.w13, w.adapters?.w13), c);
  const fed = reduced(linear(r, "w2", gate, w.w2, w.adapters?.w2));
  watch?.(layer, "gate", gate);
  watch?.(layer, "feedForward", fed);
  return fed;
}

function activate(r: Recorder, x: Tensor, { parts }: ModelConfig): Tensor {
  const activation = parts?.activation ?? "swiglu";
  if (typeof activation === "object") return ownActivation(r, x, activation);
  return { swiglu, relu, gelu }[activation](r, x);
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
