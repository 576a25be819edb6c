// Each op compared with finite differences, and its fast kernels with the plain ones, over sizes that are mostly odd.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import {
  type Device,
  type DeviceOptions,
  openDevice,
  type Recorder,
  type Tensor,
} from "../../src/gpu/mod.ts";
import {
  attention,
  checkGradients,
  embedding,
  gelu,
  layernorm,
  learnedPositions,
  linear,
  type OpUnderTest,
  relu,
  rmsnorm,
  runOp,
  softmax,
  sortRows,
  swiglu,
  type Values,
} from "../../src/ops/mod.ts";
import { maxError } from "../support/golden.ts";
import { testDevice } from "../support/device.ts";

interface Case {
  name: string;
  op: OpUnderTest;
  inputs: Record<string, Values>;
  output: number;
  weights?: string[];
}

const random = new Random(7);
const noise = (...shape: number[]): Values => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
});

const linearCase = (R: number, K: number, N: number): Case => ({
  name: `linear ${R}x${K}->${N}`,
  op: (r, { x, w }) => linear(r, "y", x, w),
  inputs: { x: noise(R, K), w: noise(N, K) },
  output: R * N,
  weights: ["w"],
});

const normCase = (R: number, D: number): Case => ({
  name: `rmsnorm ${R}x${D}`,
  op: (r, { x, w }) => rmsnorm(r, x, w, 1e-5),
  inputs: { x: noise(R, D), w: noise(D) },
  output: R * D,
  weights: ["w"],
});

const swigluCase = (R: number, F: number): Case => ({
  name: `swiglu ${R}x${F}`,
  op: (r, { x }) => swiglu(r, x),
  inputs: { x: noise(R, 2 * F) },
  output: R * F,
});

const layernormCase = (R: number, D: number): Case => ({
  name: `layernorm ${R}x${D}`,
  op: (r, { x, w, b }) => layernorm(r, x, w, b, 1e-5),
  inputs: { x: noise(R, D), w: noise(D), b: noise(D) },
  output: R * D,
  weights: ["w", "b"],
});

const geluCase = (R: number, F: number): Case => ({
  name: `gelu ${R}x${F}`,
  op: (r, { x }) => gelu(r, x),
  inputs: { x: noise(R, F) },
  output: R * F,
});

/** Returns numbers away from 0, where the derivative of relu jumps: differences on both sides of it are no gradient. */
function reluCase(R: number, F: number): Case {
  const x = noise(R, F);
  const data = (x.data as Float32Array).map((v) => v + (v < 0 ? -0.1 : 0.1));
  return {
    name: `relu ${R}x${F}`,
    op: (r, { x }) => relu(r, x),
    inputs: { x: { ...x, data } },
    output: R * F,
  };
}

const positionsCase = (R: number, T: number, D: number): Case => ({
  name: `learned positions ${R} of ${T}x${D}`,
  op: (r, { x, positions, w }) => learnedPositions(r, x, w, positions, 3),
  inputs: {
    x: noise(R, D),
    positions: { shape: [R + 3], data: Uint32Array.from({ length: R + 3 }, (_, i) => i * 5 % T) },
    w: noise(T, D),
  },
  output: R * D,
  weights: ["w"],
});

/** Returns spans from the start of each row's document, of `every` rows, to the row itself. */
function spansOf(batch: number, T: number, every: number): Values {
  const data = Uint32Array.from({ length: batch * T * 2 }, (_, i) => {
    const t = (i >> 1) % T;
    return i % 2 ? t : Math.floor(t / every) * every;
  });
  return { shape: [batch * T, 2], data };
}

const attentionCase = (
  batch: number,
  queries: number,
  heads: number,
  kvHeads: number,
  headDim: number,
  every: number,
): Case => ({
  name: `attention ${batch}x${queries}, ${heads}/${kvHeads} heads of ${headDim}, documents of ${every}`,
  op: (r, { qkv, spans }) => attention(r, { qkv, spans }, { batch, queries, heads, kvHeads, headDim }),
  inputs: {
    qkv: noise(batch * queries, (heads + 2 * kvHeads) * headDim),
    spans: spansOf(batch, queries, every),
  },
  output: batch * queries * heads * headDim,
});

function embeddingCase(R: number, V: number, D: number): Case {
  const ids = Uint32Array.from({ length: R }, () => random.below(V));
  const tokens = new Uint32Array(R);
  const runs = new Uint32Array(R + 1);
  const order = new Uint32Array(R);
  sortRows(ids, V, tokens, runs, order);
  const rows = Object.fromEntries(
    Object.entries({ ids, tokens, runs, order }).map(([n, data]) => [n, { shape: [data.length], data }]),
  );
  return {
    name: `embedding ${R} of ${V}x${D}`,
    op: (r, { ids, tokens, runs, order, w }) => embedding(r, { ids, tokens, runs, order }, w),
    inputs: { ...rows, w: noise(V, D) },
    output: R * D,
    weights: ["w"],
  };
}

const cases: Case[] = [
  linearCase(64, 64, 128), // whole tiles
  linearCase(40, 24, 72), // multiples of 8, but no whole tile
  linearCase(37, 8, 352),
  linearCase(8, 16, 8),
  linearCase(261, 16, 40), // tall tiles with an edge
  linearCase(33, 19, 21), // nothing even
  linearCase(1, 65, 3),
  normCase(9, 64),
  normCase(5, 33),
  normCase(1, 4),
  normCase(70, 12), // more rows than invocations that share a column
  swigluCase(7, 33),
  swigluCase(12, 64),
  layernormCase(9, 64),
  layernormCase(5, 33),
  layernormCase(1, 4),
  layernormCase(70, 12), // more rows than invocations that share a column
  geluCase(7, 33),
  geluCase(12, 64),
  geluCase(3, 20),
  reluCase(7, 33),
  reluCase(12, 64),
  reluCase(3, 20),
  positionsCase(19, 7, 12),
  positionsCase(40, 11, 5),
  attentionCase(2, 16, 2, 2, 8, 16), // fast
  attentionCase(1, 24, 4, 2, 16, 7), // fast, grouped heads, document borders inside tiles
  attentionCase(2, 8, 3, 1, 24, 3),
  attentionCase(1, 48, 2, 1, 8, 11), // two rows per lane
  attentionCase(1, 70, 2, 1, 12, 33), // more than a tile of family shared, and no multiple of 8
  attentionCase(2, 13, 4, 2, 6, 5), // plain
  attentionCase(1, 1, 1, 1, 10, 1),
  embeddingCase(19, 11, 12),
  embeddingCase(40, 7, 5),
  {
    name: "softmax 5x19",
    op: (r, { x }) => softmax(r, x),
    inputs: { x: noise(5, 19) },
    output: 95,
  },
];

const opened = new Map<string, Promise<Device>>();

/** Returns a device that no other test file has. */
function special(options: DeviceOptions): Promise<Device> {
  const key = JSON.stringify(options);
  if (!opened.has(key)) opened.set(key, openDevice(options));
  return opened.get(key)!;
}

for (const c of cases) {
  const dy = noise(c.output).data as Float32Array;
  Deno.test(`gradients of ${c.name} agree with finite differences`, async () => {
    const found = await checkGradients(await testDevice("fast"), c.op, c.inputs, { dy, weights: c.weights });
    assert.ok(found.error < 2e-3, `${found.worst}: ${found.error}`);
  });

  Deno.test(`${c.name}: the families agree, without 64-bit loads and with subgroups on GPUs too`, async () => {
    const plain = await runOp(await testDevice("plain"), c.op, c.inputs, { dy, weights: c.weights });
    const devices = [
      await testDevice("fast"),
      await special({ without: ["int64"] }),
      await testDevice("shared"),
      await special({ family: "shared" }),
    ];
    for (const device of devices) {
      const fast = await runOp(device, c.op, c.inputs, { dy, weights: c.weights });
      assert.ok(maxError(fast.y, plain.y) < 1e-5, `y: ${maxError(fast.y, plain.y)}`);
      for (const [name, want] of Object.entries(plain.gradients)) {
        const error = maxError(fast.gradients[name], want);
        assert.ok(error < 2e-5, `d${name}: ${error}`);
      }
    }
  });
}

Deno.test("a wrong backward is found by checkGradients", async () => {
  const wrong: OpUnderTest = (r: Recorder, { x }: Record<string, Tensor>) => {
    const y = r.sum("y", x, x); // y = 2 x
    r.onBackward(() => r.grad(x, y.grad!)); // should be 2 dy
    return y;
  };
  const found = await checkGradients(await testDevice("fast"), wrong, { x: noise(3, 5) }, {
    dy: noise(15).data as Float32Array,
  });
  assert.ok(found.error > 0.1, `${found.error}`);
});
