/**
 * The training step of the bench model in jax-js, as one jitted function.
 *
 *     deno run -A jax.js START webgpu|wasm STEPS        in a folder where @jax-js/jax is installed
 *
 * @module
 */
import {
  angles,
  answer,
  B,
  b1,
  b2,
  bestOf,
  clip,
  D,
  decay,
  E,
  eps,
  H,
  installed,
  lr,
  mask,
  noise,
  readStart,
  T,
  timeSteps,
  V,
} from "./bench_model.js";

const [path, device, count] = Deno.args;
const jax = await import(installed("@jax-js/jax"));
const { blockUntilReady, defaultDevice, init, jit, nn, numpy: np, tree, valueAndGrad } = jax;
await init();
defaultDevice(device);
const start = readStart(path);
const array = ([data, shape]) => np.array(data).reshape(shape);
const { embedding, layers, norm, output } = start.weights;
let p = {
  embedding: array(embedding),
  layers: layers.map((layer) => Object.fromEntries(Object.entries(layer).map(([n, w]) => [n, array(w)]))),
  norm: array(norm),
  output: array(output),
};

function rmsnorm(x, w) {
  const square = np.mean(np.square(x.ref), -1, { keepdims: true });
  return x.div(np.sqrt(square.add(1e-5))).mul(w);
}

function rope(x, cos, sin) { // [B, H, T, E], pairs (i, i + E / 2)
  const [a, b] = np.split(x, 2, -1);
  return np.concatenate([
    a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref)),
    a.mul(sin).add(b.mul(cos)),
  ], -1);
}

/** The embedding is a product with one-hot rows: the library offers no gradient of a lookup. */
function loss(p, tokens, targets, cos, sin, mask) {
  const heads = (y) => y.reshape([B, T, H, E]).transpose([0, 2, 1, 3]);
  let x = np.matmul(nn.oneHot(tokens, V).reshape([B * T, V]), p.embedding);
  for (const w of p.layers) {
    const h = rmsnorm(x.ref, w.n1);
    const q = rope(heads(np.matmul(h.ref, w.wq)), cos.ref, sin.ref);
    const k = rope(heads(np.matmul(h.ref, w.wk)), cos.ref, sin.ref);
    const v = heads(np.matmul(h, w.wv));
    const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(E)).add(mask.ref);
    const o = np.matmul(nn.softmax(scores, -1), v).transpose([0, 2, 1, 3]).reshape([B * T, D]);
    x = x.add(np.matmul(o, w.wo));
    const g = rmsnorm(x.ref, w.n2);
    x = x.add(np.matmul(nn.silu(np.matmul(g.ref, w.w1)).mul(np.matmul(g, w.w3)), w.w2));
  }
  for (const unused of [cos, sin, mask]) unused.dispose();
  const logits = nn.logSoftmax(np.matmul(rmsnorm(x, p.norm), p.output), -1);
  return np.sum(logits.mul(nn.oneHot(targets, V).reshape([B * T, V]))).mul(-1 / (B * T));
}

const step = jit((p, m, v, tokens, targets, cos, sin, mask, t) => {
  const [value, g] = valueAndGrad((q) => loss(q, tokens, targets, cos, sin, mask))(tree.ref(p));
  let squares = np.array(0);
  for (const x of tree.leaves(g)) squares = squares.add(np.sum(np.square(x.ref)));
  const scale = np.minimum(np.array(1), np.array(clip).div(np.sqrt(squares).add(1e-6)));
  const c1 = np.array(1).sub(np.exp(t.ref.mul(Math.log(b1))));
  const c2 = np.array(1).sub(np.exp(t.mul(Math.log(b2))));
  const clipped = tree.map((x) => x.mul(scale.ref), g);
  const m1 = tree.map((a, x) => a.mul(b1).add(x.mul(1 - b1)), m, tree.ref(clipped));
  const v1 = tree.map((a, x) => a.mul(b2).add(np.square(x).mul(1 - b2)), v, clipped);
  const update = (w, a, b) => {
    const kept = w.ndim > 1 ? 1 - lr * decay : 1;
    return w.mul(kept).sub(a.div(c1.ref).div(np.sqrt(b.div(c2.ref)).add(eps)).mul(lr));
  };
  const p1 = tree.map(update, p, tree.ref(m1), tree.ref(v1));
  for (const used of [scale, c1, c2]) used.dispose();
  return [value, p1, m1, v1];
});

const zeros = () => tree.map((x) => np.zeros(x.shape), tree.ref(p));
let m = zeros(), v = zeros();
const fixed = [
  np.array(start.tokens).reshape([B, T]),
  np.array(start.targets).reshape([B, T]),
  np.array(angles(Math.cos)).reshape([T, E / 2]),
  np.array(angles(Math.sin)).reshape([T, E / 2]),
  np.array(mask).reshape([T, T]),
];
const steps = await timeSteps(Number(count), async (t) => {
  let value;
  [value, p, m, v] = step(p, m, v, ...fixed.map((x) => x.ref), np.array(t));
  const read = await value.jsAsync();
  await blockUntilReady(tree.ref(p));
  return read;
});

const matmul = {};
for (const n of [512, 1024]) {
  const [a, b] = [0, 1].map(() => np.array(noise(n * n)).reshape([n, n]));
  matmul[n] = await bestOf(async () => {
    const c = np.matmul(a.ref, b.ref);
    await c.blockUntilReady();
    c.dispose();
  });
}
answer({ ...steps, matmul });
