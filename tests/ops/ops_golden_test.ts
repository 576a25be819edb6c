// Every case of tests/golden/ops on the GPU, by every kernel family that the adapter can run.
import assert from "node:assert/strict";
import { DeviceError } from "../../src/base/errors.ts";
import { type Device, Recorder, type Tensor } from "../../src/gpu/mod.ts";
import {
  adamw,
  attention,
  crossEntropy,
  embedding,
  finishStep,
  linear,
  matmul,
  permuteRopeRows,
  readTensor,
  rmsnorm,
  rope,
  ropeAngles,
  runOp,
  softmax,
  sortRows,
  stepWords,
  swiglu,
  upload,
} from "../../src/ops/mod.ts";
import { type Arrays, type Case, cases, compare, floats, ints, values } from "./golden_cases.ts";
import { otherParts } from "./golden_parts.ts";
import { heads } from "../support/heads.ts";
import { families, lowDevice, testDevice } from "../support/device.ts";

const layouts = { NN: "nn", NT: "nt", TN: "tn" } as const;

/** Returns the parts of an op's result by their names in the golden file. */
const op: Record<string, (device: Device, c: Case) => Promise<Arrays>> = {
  ...otherParts,

  async matmul(device, c) {
    return { y: await product(device, c, values(c, "a"), values(c, "b"), c.outputs.y.shape) };
  },

  async matmul_batched(device, c) {
    const count = c.outputs.y.shape.slice(0, -2).reduce((n, x) => n * x, 1);
    const part = (name: string, i: number) => {
      const data = floats(c, name);
      const size = data.length / count;
      return { shape: c.inputs[name].shape.slice(-2), data: data.slice(i * size, (i + 1) * size) };
    };
    const y: number[] = [];
    for (let i = 0; i < count; i++) {
      y.push(...await product(device, c, part("a", i), part("b", i), c.outputs.y.shape.slice(-2)));
    }
    return { y: Float32Array.from(y) };
  },

  async linear(device, c) {
    const inputs = { x: values(c, "x"), w: values(c, "w") };
    const { y, gradients } = await runOp(device, (r, { x, w }) => linear(r, "y", x, w), inputs, {
      dy: floats(c, "dy"),
      weights: ["w"],
    });
    return { y, dx: gradients.x, dw: gradients.w };
  },

  async rmsnorm(device, c) {
    const inputs = { x: values(c, "x"), w: values(c, "w") };
    const { y, gradients } = await runOp(
      device,
      (r, { x, w }) => rmsnorm(r, x, w, Number(c.attrs.eps)),
      inputs,
      {
        dy: floats(c, "dy"),
        weights: ["w"],
      },
    );
    return { y, dx: gradients.x, dw: gradients.w };
  },

  async rope(device, c) {
    const [B, T, H, D] = c.inputs.x.shape;
    const pos = ints(c, "pos");
    const theta = Number(c.attrs.theta);
    const angles = ropeAngles(Math.max(...pos) + 1, D, theta);
    const positions = Uint32Array.from({ length: B * T }, (_, i) => pos[i % T]);
    const layout = c.attrs.convention as "half" | "interleaved";
    const { y, gradients } = await runOp(device, (r, { x, positions, angles }) => {
      const moved = r.sum(
        "copy",
        x,
        upload(device, "zero", { shape: x.shape, data: new Float32Array(x.size) }),
      );
      r.onBackward(() => r.grad(x, moved.grad!)); // rope works in place: it gets a copy, so that x is unchanged
      return rope(r, moved, { positions, angles, heads: H, headDim: D, layout });
    }, {
      x: { shape: [B * T, H * D], data: floats(c, "x") },
      positions: { shape: [B * T], data: positions },
      angles: { shape: [angles.length / D, 2, D / 2], data: angles },
    }, { dy: floats(c, "dy") });
    return { y, dx: gradients.x };
  },

  rope_permute(_device, c) {
    const w = floats(c, "w_half");
    const H = Number(c.attrs.n_heads);
    const E = Number(c.attrs.head_dim);
    const there = permuteRopeRows(w, H, E, "interleaved");
    assert.deepEqual(permuteRopeRows(there, H, E, "half"), w);
    return Promise.resolve({ w_interleaved: there });
  },

  async swiglu(device, c) {
    const [R, F] = c.inputs.gate.shape;
    const x = new Float32Array(R * 2 * F);
    heads(floats(c, "gate"), [1, 1, R, F], x, 2 * F, 0);
    heads(floats(c, "up"), [1, 1, R, F], x, 2 * F, F);
    const { y, gradients } = await runOp(device, (r, { x }) => swiglu(r, x), {
      x: { shape: [R, 2 * F], data: x },
    }, {
      dy: floats(c, "dy"),
    });
    const dgate = new Float32Array(R * F);
    const dup = new Float32Array(R * F);
    heads(dgate, [1, 1, R, F], gradients.x, 2 * F, 0, true);
    heads(dup, [1, 1, R, F], gradients.x, 2 * F, F, true);
    return { y, dgate, dup };
  },

  async ffn(device, c) {
    const gate = floats(c, "w1_gate");
    const up = floats(c, "w3_up");
    const [F, D] = c.inputs.w1_gate.shape;
    const w13 = new Float32Array(2 * F * D);
    w13.set(gate);
    w13.set(up, F * D);
    const inputs = { x: values(c, "x"), w13: { shape: [2 * F, D], data: w13 }, w2: values(c, "w2_down") };
    const { y, gradients: g } = await runOp(
      device,
      (r, { x, w13, w2 }) => linear(r, "down", swiglu(r, linear(r, "gate", x, w13)), w2),
      inputs,
      { dy: floats(c, "dy"), weights: ["w13", "w2"] },
    );
    return { y, dx: g.x, dw1_gate: g.w13.slice(0, F * D), dw3_up: g.w13.slice(F * D), dw2_down: g.w2 };
  },

  async softmax(device, c) {
    const { y, gradients } = await runOp(device, (r, { x }) => softmax(r, x), { x: values(c, "x") }, {
      dy: floats(c, "dy"),
    });
    return { y, dx: gradients.x };
  },

  async attention(device, c): Promise<Arrays> {
    const [B, H, T, D] = c.inputs.q.shape;
    const [, KV, S] = c.inputs.k.shape;
    const cached = S !== T;
    const cols = (H + 2 * KV) * D;
    const kvCols = 2 * KV * D;
    const start = cached ? 0 : H * D;
    const qkv = new Float32Array(B * T * cols);
    const kv = cached ? new Float32Array(B * S * kvCols) : qkv;
    heads(floats(c, "q"), [B, H, T, D], qkv, cols, 0);
    heads(floats(c, "k"), [B, KV, S, D], kv, cached ? kvCols : cols, start);
    heads(floats(c, "v"), [B, KV, S, D], kv, cached ? kvCols : cols, start + KV * D);
    const masked = c.inputs.mask_add !== undefined;
    const visible = c.inputs.key_visible ? ints(c, "key_visible") : undefined;
    const spans = new Uint32Array(B * T * 2);
    for (let row = 0; row < B * T; row++) {
      const t = row % T;
      const last = masked ? S - 1 : S - T + t;
      const keys = Array.from({ length: last + 1 }, (_, k) => k).filter((k) =>
        visible?.[Math.floor(row / T) * S + k] !== 0
      );
      assert.ok(keys.every((k, i) => i === 0 || k === keys[i - 1] + 1), "visible keys are one span");
      spans.set(keys.length ? [keys[0], keys.at(-1)!] : [1, 0], row * 2);
    }
    const inputs = {
      qkv: { shape: [B * T, cols], data: qkv },
      spans: { shape: [B * T, 2], data: spans },
      ...(cached ? { cache: { shape: [B * S, kvCols], data: kv } } : {}),
      ...(masked ? { mask: values(c, "mask_add") } : {}),
    };
    const dy = c.inputs.dy && new Float32Array(B * T * H * D);
    if (dy) heads(floats(c, "dy"), [B, H, T, D], dy, H * D, 0);
    const { y: rows, gradients } = await runOp(
      device,
      (r, { qkv, spans, cache, mask }) =>
        attention(r, { qkv, spans, cache, mask }, {
          batch: B,
          queries: T,
          heads: H,
          kvHeads: KV,
          headDim: D,
        }),
      inputs,
      { dy },
    );
    const y = new Float32Array(B * H * T * D);
    heads(y, [B, H, T, D], rows, H * D, 0, true);
    if (!dy) return { y };
    const dq = new Float32Array(B * H * T * D);
    const dk = new Float32Array(B * KV * S * D);
    const dv = dk.slice();
    heads(dq, [B, H, T, D], gradients.qkv, cols, 0, true);
    heads(dk, [B, KV, S, D], gradients.qkv, cols, H * D, true);
    heads(dv, [B, KV, S, D], gradients.qkv, cols, (H + KV) * D, true);
    return { y, dq, dk, dv };
  },

  async cross_entropy(device, c) {
    const targets = ints(c, "targets");
    const kept = targets.filter((t) => t >= 0).length;
    const scale = kept ? 1 / kept : 0;
    const inputs = {
      x: values(c, "logits"),
      targets: { shape: [targets.length], data: targets },
      scale: { shape: [1], data: Float32Array.of(scale) },
    };
    const losses = await onDevice(device, inputs, (r, { x, targets, scale }) => {
      const nll = r.tensor("nll", [targets.size]);
      crossEntropy(r, x, { targets, scale, nll });
      return [x, nll];
    });
    return {
      dlogits: losses[0],
      nll: losses[1],
      loss: Float32Array.of(losses[1].reduce((s, x) => s + x, 0) * scale),
    };
  },

  async embedding(device, c) {
    const ids = Uint32Array.from(ints(c, "ids"));
    const R = ids.length;
    const V = c.inputs.w.shape[0];
    const tokens = new Uint32Array(R);
    const runs = new Uint32Array(R + 1);
    const order = new Uint32Array(R);
    sortRows(ids, V, tokens, runs, order);
    const rows = { ids, tokens, runs, order };
    const inputs = Object.fromEntries(
      Object.entries(rows).map(([n, data]) => [n, { shape: [data.length], data }]),
    );
    const { y, gradients } = await runOp(
      device,
      (r, { w, ids, tokens, runs, order }) => embedding(r, { ids, tokens, runs, order }, w),
      { ...inputs, w: values(c, "w") },
      { dy: floats(c, "dy"), weights: ["w"] },
    );
    return { y, dw: gradients.w };
  },

  async adamw(device, c) {
    const a = c.attrs;
    const size = floats(c, "p").length;
    const padded = Math.ceil(size / 64) * 64;
    const pad = (data: Float32Array) => {
      const out = new Float32Array(padded);
      out.set(data);
      return { shape: [padded], data: out };
    };
    const options = { beta1: Number(a.beta1), beta2: Number(a.beta2), epsilon: Number(a.eps) };
    const step = stepWords({
      kept: 1,
      learningRate: Number(a.lr),
      weightDecay: Number(a.weight_decay),
      t: Number(a.step),
      clip: 1,
      slot: 0,
    }, options);
    const p = floats(c, "p");
    const update = (p: Float32Array) =>
      onDevice(device, {
        weights: pad(p),
        gradients: pad(floats(c, "g")),
        m: pad(floats(c, "m")),
        v: pad(floats(c, "v")),
        step: { shape: [8], data: step },
        control: { shape: [2], data: Float32Array.of(1, 1) },
        loss: { shape: [1], data: Float32Array.of(0) },
        ring: { shape: [1, 4], data: new Float32Array(4) },
      }, (r, t) => {
        adamw(r, { weights: [t.weights], gradients: [t.gradients], m: [t.m], v: [t.v], decayed: padded }, {
          step: t.step,
          control: t.control,
          loss: t.loss,
          ring: t.ring,
        }, options);
        return [t.weights, t.m, t.v];
      });
    const [weights, m, v] = await update(p);
    // The change is far below the rounding of p + change; with p = 0 it is visible.
    const [change] = await update(new Float32Array(size));
    const decay = Number(a.lr) * Number(a.weight_decay);
    return {
      p_new: weights.slice(0, size),
      m_new: m.slice(0, size),
      v_new: v.slice(0, size),
      delta_p: p.map((w, i) => change[i] - decay * w),
    };
  },

  async clip_global_norm(device, c) {
    const g0 = floats(c, "g0");
    const g1 = floats(c, "g1");
    const data = new Float32Array(128);
    data.set(g0);
    data.set(g1, 64);
    const values = {
      kept: 1,
      learningRate: 0,
      weightDecay: 0,
      t: 1,
      clip: Number(c.attrs.max_norm),
      slot: 0,
    };
    const [control, ring] = await onDevice(device, {
      gradients: { shape: [128], data },
      step: { shape: [8], data: stepWords(values, { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 }) },
      loss: { shape: [1], data: Float32Array.of(0) },
      control: { shape: [2], data: new Float32Array(2) },
      ring: { shape: [1, 4], data: new Float32Array(4) },
    }, (r, t) => {
      finishStep(r, [t.gradients], { step: t.step, loss: t.loss, control: t.control, ring: t.ring });
      return [t.control, t.ring];
    });
    assert.equal(control[1], 1, "a finite norm lets the update happen");
    return {
      norm: ring.slice(1, 2),
      coef: control.slice(0, 1),
      g0_out: g0.map((g) => g * control[0]),
      g1_out: g1.map((g) => g * control[0]),
    };
  },
};

async function product(
  device: Device,
  c: Case,
  a: Parameters<typeof upload>[2],
  b: Parameters<typeof upload>[2],
  shape: number[],
): Promise<Float32Array<ArrayBuffer>> {
  const { y } = await runOp(device, (r, { a, b }) => {
    const y = r.tensor("y", shape);
    matmul(r, layouts[c.attrs.variant as keyof typeof layouts], a, b, y);
    return y;
  }, { a, b });
  return y;
}

/** Records calls on uploaded inputs, runs them, and reads the tensors that `record` names. */
async function onDevice(
  device: Device,
  inputs: Record<string, Parameters<typeof upload>[2]>,
  record: (r: Recorder, t: Record<string, Tensor>) => Tensor[],
): Promise<Float32Array<ArrayBuffer>[]> {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([n, v]) => [n, upload(device, n, v)]));
  const r = new Recorder(device);
  const out = record(r, tensors);
  const program = await r.compile("test", out);
  program.replay();
  const found = await readTensor(device, out);
  program.dispose();
  Object.values(tensors).forEach((t) => device.free(t.storage.buffer!));
  return found;
}

/** Limits of bindings, in bytes, at which some inputs of golden ops have to be cut; where rows are too long, an op refuses. */
const bindings = [512, 1024, 2048, 3072, 8448, 16_640];

for (const kind of families) {
  for (const c of cases) {
    Deno.test(`golden op ${c.id} (${kind})`, async () => {
      assert.ok(op[c.op], `no runner for ${c.op}`);
      compare(c, await op[c.op](await testDevice(kind), c));
    });
  }

  Deno.test(`golden ops have the same bits in ranges of rows (${kind})`, async () => {
    const cut = new Set<string>();
    for (const maxStorageBufferBindingSize of bindings) {
      const device = await lowDevice(kind, { maxStorageBufferBindingSize });
      for (const c of cases) {
        const bytes = Object.values(c.inputs).map(({ shape }) => 4 * shape.reduce((a, b) => a * b, 1));
        if (c.op === "matmul_batched" || Math.max(...bytes) <= maxStorageBufferBindingSize) continue;
        const got = await op[c.op](device, c).catch((error) => {
          if (error instanceof DeviceError && error.limit === "maxStorageBufferBindingSize") return undefined;
          throw error;
        });
        if (!got) continue;
        assert.deepEqual(got, await op[c.op](await testDevice(kind), c), c.id);
        cut.add(c.op);
      }
      device.close();
    }
    assert.deepEqual([...cut].sort(), ["cross_entropy", "linear", "matmul"]);
  });
}
