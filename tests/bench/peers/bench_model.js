/**
 * Shared code of the JavaScript peers: the shape of the bench model, its start, and the line of their answer.
 *
 * @module
 */
import { cpuTime } from "../cpu_time.ts";

/** Width, blocks, heads, feed-forward width, positions, sequences, vocabulary. */
export const D = 128, L = 4, H = 4, F = 352, T = 128, B = 8, V = 1024, E = D / H;

/** The options of the optimizer, equal for all peers. */
export const lr = 1e-3, b1 = 0.9, b2 = 0.95, eps = 1e-8, decay = 0.1, clip = 1;

/** The name of a package that this project does not have: computed, so that the type checker does not look for it. */
export const installed = (name) => name;

/** Reads the start: a safetensors file of [out, in] matrices, of norms and of ids [B, T + 1]. */
export function readStart(path) {
  const bytes = Deno.readFileSync(path).buffer, length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const values = (name) => {
    const { dtype, data_offsets: [from, to] } = header[name];
    return new (dtype === "I32" ? Int32Array : Float32Array)(bytes, 8 + length + from, (to - from) / 4);
  };
  const ids = values("ids"),
    part = (shift) =>
      Int32Array.from({ length: B * T }, (_, i) => ids[Math.floor(i / T) * (T + 1) + i % T + shift]);
  /** [in, out], for libraries that compute x W. */
  const transposed = (name) => {
    const [rows, cols] = header[name].shape, w = values(name);
    return Float32Array.from({ length: rows * cols }, (_, i) => w[(i % rows) * cols + Math.floor(i / rows)]);
  };
  const block = (l) => {
    const at = (name) => `model.layers.${l}.${name}.weight`;
    return {
      n1: [values(at("input_layernorm")), [D]],
      n2: [values(at("post_attention_layernorm")), [D]],
      wq: [transposed(at("self_attn.q_proj")), [D, D]],
      wk: [transposed(at("self_attn.k_proj")), [D, D]],
      wv: [transposed(at("self_attn.v_proj")), [D, D]],
      wo: [transposed(at("self_attn.o_proj")), [D, D]],
      w1: [transposed(at("mlp.gate_proj")), [D, F]],
      w3: [transposed(at("mlp.up_proj")), [D, F]],
      w2: [transposed(at("mlp.down_proj")), [F, D]],
    };
  };
  return {
    tokens: part(0),
    targets: part(1),
    weights: {
      embedding: [values("model.embed_tokens.weight"), [V, D]],
      layers: Array.from({ length: L }, (_, l) => block(l)),
      norm: [values("model.norm.weight"), [D]],
      output: [transposed("lm_head.weight"), [D, V]],
    },
  };
}

/** Cosines or sines of the rotary angles, [T, E / 2]. */
export function angles(f) {
  const half = E / 2;
  return Float32Array.from(
    { length: T * half },
    (_, i) => f(Math.floor(i / half) * 10000 ** (-2 * (i % half) / E)),
  );
}

/** 0 where a position may look and -1e9 where it may not, [T, T]. */
export const mask = Float32Array.from({ length: T * T }, (_, i) => i % T <= Math.floor(i / T) ? 0 : -1e9);

/** Runs `step` and measures its time; `step` resolves with the loss when the weights are updated. */
export async function timeSteps(count, step) {
  const ms = [], cpuMs = [], losses = [];
  for (let t = 1; t <= count; t++) {
    const start = performance.now(), cpu = cpuTime();
    losses.push(await step(t));
    ms.push(performance.now() - start);
    cpuMs.push(cpuTime() - cpu);
  }
  return { firstMs: ms[0], steps: ms.slice(1), cpuMs: cpuMs.slice(1), losses };
}

/** The best of a few runs of a square product, in ms, after one that is not counted; `run` resolves when it is done. */
export async function bestOf(run, count = 4) {
  let best = Infinity;
  for (let i = 0; i <= count; i++) {
    const start = performance.now();
    await run();
    if (i > 0) best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Uniform numbers for a matrix. */
export const noise = (size) => Float32Array.from({ length: size }, () => Math.random() - 0.5);

/** Prints the answer to the parent process as the last line. */
export function answer(result) {
  console.log(JSON.stringify(result));
  Deno.exit(0);
}
