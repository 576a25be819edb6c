/**
 * The training step of the bench model in TensorFlow.js on WebGPU.
 *
 *     deno run -A tfjs.js START webgpu STEPS        in a folder where @tensorflow/tfjs and its backend are installed
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
const tf = await import(installed("@tensorflow/tfjs"));
await import(installed("@tensorflow/tfjs-backend-webgpu"));
if (!await tf.setBackend(device)) throw new Error(`no backend ${device}`);
await tf.ready();
const start = readStart(path);
const variable = ([data, shape]) => tf.variable(tf.tensor(data, shape, "float32"));
const embedding = variable(start.weights.embedding), output = variable(start.weights.output);
const norm = variable(start.weights.norm);
const layers = start.weights.layers.map((layer) =>
  Object.fromEntries(Object.entries(layer).map(([n, w]) => [n, variable(w)]))
);
const weights = [embedding, output, norm, ...layers.flatMap((layer) => Object.values(layer))];
const cos = tf.tensor(angles(Math.cos), [T, E / 2]), sin = tf.tensor(angles(Math.sin), [T, E / 2]);
const causal = tf.tensor(mask, [T, T]);
const tokens = tf.tensor1d(start.tokens, "int32");
const targets = tf.cast(tf.oneHot(tf.tensor1d(start.targets, "int32"), V), "float32");

function rmsnorm(x, w) {
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), w);
}

function rope(x) { // [B, H, T, E], pairs (i, i + E / 2)
  const [a, b] = tf.split(x, 2, -1);
  return tf.concat(
    [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(a, sin), tf.mul(b, cos))],
    -1,
  );
}

function loss() {
  const heads = (y) => tf.transpose(tf.reshape(y, [B, T, H, E]), [0, 2, 1, 3]);
  let x = tf.gather(embedding, tokens);
  for (const w of layers) {
    const h = rmsnorm(x, w.n1);
    const q = rope(heads(tf.matMul(h, w.wq))), k = rope(heads(tf.matMul(h, w.wk)));
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(E)), causal);
    const o = tf.matMul(tf.softmax(scores, -1), heads(tf.matMul(h, w.wv)));
    x = tf.add(x, tf.matMul(tf.reshape(tf.transpose(o, [0, 2, 1, 3]), [B * T, D]), w.wo));
    const g = rmsnorm(x, w.n2), gate = tf.matMul(g, w.w1);
    const gated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), tf.matMul(g, w.w3));
    x = tf.add(x, tf.matMul(gated, w.w2));
  }
  const logits = tf.logSoftmax(tf.matMul(rmsnorm(x, norm), output));
  return tf.mul(tf.sum(tf.mul(logits, targets)), -1 / (B * T));
}

const m = weights.map((w) => tf.variable(tf.zerosLike(w))),
  v = weights.map((w) => tf.variable(tf.zerosLike(w)));
function update(t) {
  const { value, grads } = tf.variableGrads(loss, weights), g = weights.map((w) => grads[w.name]);
  const size = tf.sqrt(tf.addN(g.map((x) => tf.sum(tf.square(x)))));
  const scale = tf.minimum(1, tf.div(clip, tf.add(size, 1e-6))), c1 = 1 - b1 ** t, c2 = 1 - b2 ** t;
  weights.forEach((w, i) => {
    const x = tf.mul(g[i], scale), kept = w.rank > 1 ? 1 - lr * decay : 1;
    m[i].assign(tf.add(tf.mul(m[i], b1), tf.mul(x, 1 - b1)));
    v[i].assign(tf.add(tf.mul(v[i], b2), tf.mul(tf.square(x), 1 - b2)));
    const move = tf.div(tf.div(m[i], c1), tf.add(tf.sqrt(tf.div(v[i], c2)), eps));
    w.assign(tf.sub(tf.mul(w, kept), tf.mul(move, lr)));
  });
  return value;
}

const steps = await timeSteps(Number(count), async (t) => {
  const value = tf.tidy(() => update(t)), [read] = await value.data();
  value.dispose();
  await norm.data(); // the weights are updated
  return read;
});

const matmul = {};
for (const n of [512, 1024]) {
  const [a, b] = [0, 1].map(() => tf.tensor(noise(n * n), [n, n]));
  matmul[n] = await bestOf(async () => {
    const c = tf.matMul(a, b), one = tf.slice(c, [0, 0], [1, 1]);
    await one.data();
    tf.dispose([c, one]);
  });
}
answer({ ...steps, matmul });
