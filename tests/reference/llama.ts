/**
 * The reference model: forward and backward of the whole model in plain loops and float64, one sequence at a time.
 *
 * It shares no code with src and is slow: each function is the formula, and its gradient stands beside it.
 *
 * @module
 */
import type { BatchRow, ModelConfig } from "../../src/model/mod.ts";

type Numbers = Float64Array;
const zeros = (n: number): Numbers => new Float64Array(n);

/** Arrays by Hugging Face name. */
export type Named = Map<string, Numbers>;

/** y = x W^T: x is [R, I], W is [O, I]. */
function linear(x: Numbers, w: Numbers, R: number, I: number): Numbers {
  const O = w.length / I;
  const y = zeros(R * O);
  for (let r = 0; r < R; r++) {
    for (let o = 0; o < O; o++) for (let i = 0; i < I; i++) y[r * O + o] += x[r * I + i] * w[o * I + i];
  }
  return y;
}

function linearGrad(x: Numbers, w: Numbers, dy: Numbers, R: number, I: number, dw: Numbers): Numbers {
  const O = w.length / I;
  const dx = zeros(R * I);
  for (let r = 0; r < R; r++) {
    for (let o = 0; o < O; o++) {
      for (let i = 0; i < I; i++) {
        dx[r * I + i] += dy[r * O + o] * w[o * I + i];
        dw[o * I + i] += dy[r * O + o] * x[r * I + i];
      }
    }
  }
  return dx;
}

/** y_i = x_i g_i / sqrt(mean(x^2) + eps), by rows of D = g.length. */
function rmsnorm(x: Numbers, g: Numbers, eps: number): Numbers {
  const D = g.length;
  return x.map((value, at) => value * g[at % D] * scaleOf(x, Math.floor(at / D), D, eps));
}

function scaleOf(x: Numbers, row: number, D: number, eps: number): number {
  let squares = 0;
  for (let i = 0; i < D; i++) squares += x[row * D + i] ** 2;
  return 1 / Math.sqrt(squares / D + eps);
}

function rmsnormGrad(x: Numbers, g: Numbers, dy: Numbers, eps: number, dg: Numbers): Numbers {
  const D = g.length;
  const dx = zeros(x.length);
  for (let row = 0; row < x.length / D; row++) {
    const s = scaleOf(x, row, D, eps);
    let along = 0; // d loss / d s, without the factor below
    for (let i = 0; i < D; i++) {
      const at = row * D + i;
      along += dy[at] * g[i] * x[at];
      dg[i] += dy[at] * x[at] * s;
    }
    for (let i = 0; i < D; i++) {
      const at = row * D + i;
      dx[at] = dy[at] * g[i] * s - x[at] * along * s ** 3 / D;
    }
  }
  return dx;
}

/** Rotates the pairs (i, i + E/2) of each head by position * theta^(-2i/E); sign -1 rotates them back. */
function rope(x: Numbers, heads: number, E: number, positions: number[], theta: number, sign = 1): Numbers {
  const y = x.slice();
  positions.forEach((position, r) => {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < E / 2; i++) {
        const a = (r * heads + h) * E + i;
        const b = a + E / 2;
        const angle = position * theta ** (-2 * i / E);
        const c = Math.cos(angle);
        const s = sign * Math.sin(angle);
        y[a] = x[a] * c - x[b] * s;
        y[b] = x[a] * s + x[b] * c;
      }
    }
  });
  return y;
}

interface Heads {
  heads: number;
  kvHeads: number;
  E: number;
  /** First key that each row sees; the last is the row itself. */
  first: number[];
}

/** Returns the softmax weights of a query row and head over its keys. */
function weightsOf(
  q: Numbers,
  k: Numbers,
  t: number,
  h: number,
  { heads, kvHeads, E, first }: Heads,
): number[] {
  const kv = Math.floor(h * kvHeads / heads);
  const scores: number[] = [];
  for (let s = first[t]; s <= t; s++) {
    let dot = 0;
    for (let e = 0; e < E; e++) dot += q[(t * heads + h) * E + e] * k[(s * kvHeads + kv) * E + e];
    scores.push(dot / Math.sqrt(E));
  }
  const most = Math.max(...scores);
  const powers = scores.map((x) => Math.exp(x - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((x) => x / total);
}

function attention(q: Numbers, k: Numbers, v: Numbers, shape: Heads): Numbers {
  const { heads, kvHeads, E, first } = shape;
  const o = zeros(q.length);
  for (let t = 0; t < first.length; t++) {
    for (let h = 0; h < heads; h++) {
      const kv = Math.floor(h * kvHeads / heads);
      weightsOf(q, k, t, h, shape).forEach((p, n) => {
        for (let e = 0; e < E; e++) {
          o[(t * heads + h) * E + e] += p * v[((first[t] + n) * kvHeads + kv) * E + e];
        }
      });
    }
  }
  return o;
}

function attentionGrad(q: Numbers, k: Numbers, v: Numbers, dout: Numbers, shape: Heads): Numbers[] {
  const { heads, kvHeads, E, first } = shape;
  const dq = zeros(q.length);
  const dk = zeros(k.length);
  const dv = zeros(v.length);
  for (let t = 0; t < first.length; t++) {
    for (let h = 0; h < heads; h++) {
      const kv = Math.floor(h * kvHeads / heads);
      const own = (t * heads + h) * E;
      const p = weightsOf(q, k, t, h, shape);
      const at = (n: number) => ((first[t] + n) * kvHeads + kv) * E;
      const dp = p.map((_, n) => {
        let sum = 0;
        for (let e = 0; e < E; e++) sum += dout[own + e] * v[at(n) + e];
        return sum;
      });
      const mean = p.reduce((sum, x, n) => sum + x * dp[n], 0);
      p.forEach((x, n) => {
        const ds = x * (dp[n] - mean) / Math.sqrt(E);
        for (let e = 0; e < E; e++) {
          dq[own + e] += ds * k[at(n) + e];
          dk[at(n) + e] += ds * q[own + e];
          dv[at(n) + e] += x * dout[own + e];
        }
      });
    }
  }
  return [dq, dk, dv];
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const plus = (a: Numbers, b: Numbers): Numbers => a.map((x, i) => x + b[i]);

/**
 * Returns loss and gradients of a batch, in nats per kept target of the whole batch.
 *
 * @param weights by Hugging Face name; without `lm_head.weight` the table is the output matrix
 */
export function lossAndGradients(
  config: ModelConfig,
  weights: Named,
  rows: readonly BatchRow[],
): { loss: number; gradients: Named } {
  const gradients: Named = new Map([...weights].map(([name, w]) => [name, zeros(w.length)]));
  const kept = rows.reduce((n, row) => n + targetsOf(row).filter((target) => target >= 0).length, 0);
  const loss = rows.reduce((sum, row) => sum + sequence(config, weights, gradients, row, kept), 0);
  return { loss, gradients };
}

function targetsOf({ ids, targets }: BatchRow): number[] {
  return Array.from({ length: ids.length }, (_, t) => targets?.[t] ?? -100);
}

/** Runs one sequence forward and backward: adds to the gradients and returns its share of the loss. */
function sequence(c: ModelConfig, weights: Named, gradients: Named, row: BatchRow, kept: number): number {
  const w = (name: string) => weights.get(`${name}.weight`)!;
  const d = (name: string) => gradients.get(`${name}.weight`)!;
  const R = row.ids.length;
  const D = c.dim;
  const E = D / c.heads;
  const { normEps: eps, ropeTheta: theta, heads, kvHeads } = c;
  const first = Array.from({ length: R }, (_, t) => row.first?.[t] ?? 0);
  const positions = first.map((f, t) => t - f);
  const shape = { heads, kvHeads, E, first };
  const back: (() => void)[] = [];
  const table = "model.embed_tokens";
  const out = weights.has("lm_head.weight") ? "lm_head" : table;

  let x = zeros(R * D);
  let dx = zeros(0);
  for (let t = 0; t < R; t++) for (let i = 0; i < D; i++) x[t * D + i] = w(table)[row.ids[t] * D + i];
  back.push(() => {
    for (let t = 0; t < R; t++) for (let i = 0; i < D; i++) d(table)[row.ids[t] * D + i] += dx[t * D + i];
  });

  for (let l = 0; l < c.layers; l++) {
    const at = `model.layers.${l}`;
    const self = `${at}.self_attn`;
    const mlp = `${at}.mlp`;
    const input = x;
    const n1 = rmsnorm(input, w(`${at}.input_layernorm`), eps);
    const q = rope(linear(n1, w(`${self}.q_proj`), R, D), heads, E, positions, theta);
    const k = rope(linear(n1, w(`${self}.k_proj`), R, D), kvHeads, E, positions, theta);
    const v = linear(n1, w(`${self}.v_proj`), R, D);
    const o = attention(q, k, v, shape);
    const middle = plus(input, linear(o, w(`${self}.o_proj`), R, heads * E));
    const n2 = rmsnorm(middle, w(`${at}.post_attention_layernorm`), eps);
    const gate = linear(n2, w(`${mlp}.gate_proj`), R, D);
    const up = linear(n2, w(`${mlp}.up_proj`), R, D);
    const gated = gate.map((a, i) => a * sigmoid(a) * up[i]);
    x = plus(middle, linear(gated, w(`${mlp}.down_proj`), R, c.hidden));
    back.push(() => {
      const through = (name: string, from: Numbers, dy: Numbers, inner: number) =>
        linearGrad(from, w(name), dy, R, inner, d(name));
      const dgated = through(`${mlp}.down_proj`, gated, dx, c.hidden);
      const dup = dgated.map((g, i) => g * gate[i] * sigmoid(gate[i]));
      const dgate = dgated.map((g, i) => {
        const s = sigmoid(gate[i]);
        return g * up[i] * s * (1 + gate[i] * (1 - s));
      });
      const dn2 = plus(through(`${mlp}.gate_proj`, n2, dgate, D), through(`${mlp}.up_proj`, n2, dup, D));
      const ffn = `${at}.post_attention_layernorm`;
      const before = `${at}.input_layernorm`;
      const dmiddle = plus(dx, rmsnormGrad(middle, w(ffn), dn2, eps, d(ffn)));
      const [dq, dk, dv] = attentionGrad(q, k, v, through(`${self}.o_proj`, o, dmiddle, heads * E), shape);
      const dn1 = [
        through(`${self}.q_proj`, n1, rope(dq, heads, E, positions, theta, -1), D),
        through(`${self}.k_proj`, n1, rope(dk, kvHeads, E, positions, theta, -1), D),
        through(`${self}.v_proj`, n1, dv, D),
      ].reduce(plus);
      dx = plus(dmiddle, rmsnormGrad(input, w(before), dn1, eps, d(before)));
    });
  }

  const last = x;
  const n = rmsnorm(last, w("model.norm"), eps);
  const logits = linear(n, w(out), R, D);
  const V = c.vocabSize;
  let loss = 0;
  targetsOf(row).forEach((target, t) => {
    const line = logits.subarray(t * V, (t + 1) * V);
    const most = Math.max(...line);
    const total = line.reduce((sum, z) => sum + Math.exp(z - most), 0);
    if (target >= 0) loss += (Math.log(total) + most - line[target]) / kept;
    for (let v = 0; v < V; v++) { // the logits become their gradient
      line[v] = target < 0 ? 0 : (Math.exp(line[v] - most) / total - Number(v === target)) / kept;
    }
  });
  dx = rmsnormGrad(last, w("model.norm"), linearGrad(n, w(out), logits, R, D, d(out)), eps, d("model.norm"));
  for (const undo of back.reverse()) undo();
  return loss;
}
