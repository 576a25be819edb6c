/**
 * The attention weights of a layer, computed on the host, since the kernels do not store them.
 *
 *     P[t, s] = softmax over s <= t of q_t . k_s / sqrt(E)
 *
 * @module
 */
import type { ModelConfig } from "../architecture/config.ts";
import { headDim } from "../architecture/shard.ts";

/**
 * Computes the attention weights of one query head.
 *
 * @param qkv queries and keys after their rotation, and values: [T, (H + 2 KV) E]
 * @returns [T, T] row-major: the weight of key s for query t; each row sums to 1, later keys get 0
 */
export function attentionWeights(
  qkv: Float32Array,
  c: Pick<ModelConfig, "dim" | "heads" | "kvHeads">,
  head: number,
): Float32Array<ArrayBuffer> {
  const E = headDim(c);
  const columns = (c.heads + 2 * c.kvHeads) * E;
  const T = qkv.length / columns;
  const key = c.heads * E + Math.floor(head * c.kvHeads / c.heads) * E;
  const out = new Float32Array(T * T);
  for (let t = 0; t < T; t++) {
    const q = t * columns + head * E;
    const scores = Array.from({ length: t + 1 }, (_, s) => {
      let dot = 0;
      for (let e = 0; e < E; e++) dot += qkv[q + e] * qkv[s * columns + key + e];
      return dot / Math.sqrt(E);
    });
    const largest = Math.max(...scores);
    const powers = scores.map((x) => Math.exp(x - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    powers.forEach((p, s) => out[t * T + s] = p / sum);
  }
  return out;
}

/** Computes the mean over all query heads of {@linkcode attentionWeights}. */
export function meanAttention(
  qkv: Float32Array,
  c: Pick<ModelConfig, "dim" | "heads" | "kvHeads">,
): Float32Array<ArrayBuffer> {
  const maps = Array.from({ length: c.heads }, (_, head) => attentionWeights(qkv, c, head));
  return maps[0].map((_, i) => maps.reduce((sum, map) => sum + map[i], 0) / c.heads);
}
