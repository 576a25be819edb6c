// Every kernel of the matrix product compared with float64 in plain loops, at sizes that no tile divides, replacing C and
// adding to it; and the table that chooses among the kernels.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import {
  type Device,
  type DType,
  type KernelFamily,
  nameOfCall,
  Recorder,
  type Tensor,
} from "../../../src/gpu/mod.ts";
import {
  candidates,
  cast,
  type Choice,
  currentKernelTable,
  kernelTable,
  type Layout,
  matmul,
  product,
  readTensor,
  upload,
  useKernelTable,
} from "../../../src/ops/mod.ts";
import { shapeClass } from "../../../src/ops/matmul/kernel_table.ts";
import { families, needsHalf, testDevice } from "../../support/device.ts";
import { maxError } from "../../support/golden.ts";

/** Returns the kernels that differ for a layout: K is cut for `tn` only. */
const choicesFor = (family: KernelFamily, layout: Layout) =>
  candidates[family].filter((choice) => layout === "tn" || !choice.endsWith("split"));

const random = new Random(3);
const noise = (n: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: n }, () => random.normal());

function reference(
  layout: Layout,
  [M, N, K]: number[],
  a: Float32Array,
  b: Float32Array,
  before: Float32Array,
) {
  const out = new Float32Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = before[m * N + n];
      for (let k = 0; k < K; k++) {
        sum += a[layout === "tn" ? k * M + m : m * K + k] * b[layout === "nt" ? n * K + k : k * N + n];
      }
      out[m * N + n] = sum;
    }
  }
  return out;
}

const whole = [[128, 128, 32], [136, 72, 40], [72, 200, 24]]; // multiples of 8; the last two are no multiple of any tile
const odd = [[67, 33, 19], [9, 5, 3], [132, 260, 76], [1, 130, 7]];

for (const family of families) {
  for (const layout of ["nn", "nt", "tn"] as const) {
    for (const choice of choicesFor(family, layout)) {
      Deno.test(`matmul ${layout} by ${choice} (${family})`, async () => {
        const device = await testDevice(family);
        for (const [M, N, K] of family === "subgroup" ? whole : [...whole, ...odd]) {
          for (const add of [false, true]) {
            const a = noise(M * K);
            const b = noise(K * N);
            const before = noise(M * N);
            const r = new Recorder(device);
            const put = (shape: number[], data: Float32Array<ArrayBuffer>) =>
              upload(device, "matmul", { shape, data });
            const ta = put(layout === "tn" ? [K, M] : [M, K], a);
            const tb = put(layout === "nt" ? [N, K] : [K, N], b);
            const c = put([M, N], before);
            product(r, choice, layout, { a: ta, b: tb, c }, add);
            const program = await r.compile("test");
            program.replay();
            const [got] = await readTensor(device, [c]);
            const want = reference(layout, [M, N, K], a, b, add ? before : new Float32Array(M * N));
            const error = maxError(got, want);
            assert.ok(error < 2e-6, `${M} ${N} ${K}${add ? " add" : ""}: ${error}`);
            program.dispose();
            for (const t of [ta, tb, c]) device.free(t.range().buffer);
          }
        }
      });
    }
  }
}

for (const layout of ["nn", "nt", "tn"] as const) {
  for (const choice of choicesFor("shared", layout)) {
    Deno.test(`matmul ${layout} by ${choice} in half precision${needsHalf.reason}`, needsHalf, async () => {
      const device = await testDevice("shared");
      const cases = [[[136, 72, 40], ["f16", "f16", "f16"]], [[34, 70, 36], ["f32", "f16", "f32"]]] as const;
      for (const [[M, N, K], types] of cases) {
        const a = noise(M * K).map(Math.f16round);
        const b = noise(K * N).map(Math.f16round);
        const r = new Recorder(device, "all", false);
        const uploaded: Tensor[] = [];
        const put = (shape: number[], data: Float32Array<ArrayBuffer>, dtype: DType) => {
          const tensor = upload(device, "matmul", { shape, data });
          uploaded.push(tensor);
          const rounded = r.tensor("rounded", shape, dtype);
          cast(r, tensor, rounded);
          return rounded;
        };
        const ta = put(layout === "tn" ? [K, M] : [M, K], a, types[0]);
        const tb = put(layout === "nt" ? [N, K] : [K, N], b, types[1]);
        const c = r.tensor("c", [M, N], types[2]);
        product(r, choice, layout, { a: ta, b: tb, c });
        const read = r.tensor("read", [M, N]);
        cast(r, c, read);
        const program = await r.compile("test", [read]);
        program.replay();
        const [got] = await readTensor(device, [read]);
        const error = maxError(got, reference(layout, [M, N, K], a, b, new Float32Array(M * N)));
        assert.ok(error < (types[2] === "f16" ? 5e-4 : 2e-6), `${M} ${N} ${K} ${types}: ${error}`);
        program.dispose();
        for (const t of uploaded) device.free(t.range().buffer);
      }
    });
  }
}

/** Returns rows `first` to `first + count - 1` of K in a matrix: rows of it, or columns. */
const alongK = (t: Tensor, isRow: boolean, first: number, count: number) =>
  isRow ? t.slice(t.name, first, count) : t.columns(t.name, first, count);

for (const family of families) {
  for (const layout of ["nn", "nt", "tn"] as const) {
    for (const choice of choicesFor(family, layout)) {
      Deno.test(`matmul ${layout} by ${choice} (${family}): ranges of K and of columns have the bits of one pass`, async () => {
        const device = await testDevice(family);
        for (const [M, N, K] of [[72, 200, 168], [35, 141, 131]]) {
          const put = (shape: number[]) =>
            upload(device, "matmul", { shape, data: noise(shape[0] * shape[1]) });
          const a = put(layout === "tn" ? [K, M] : [M, K]);
          const b = put(layout === "nt" ? [N, K] : [K, N]);
          const before = noise(M * N);
          const c = [1, 2].map(() => upload(device, "matmul", { shape: [M, N], data: before }));
          const r = new Recorder(device);
          product(r, choice, layout, { a, b, c: c[0] }, true);
          const columns = layout === "nt" ? [[0, 64], [64, N - 64]] : [[0, N]];
          for (const [col, cols] of columns) {
            for (const [k, ks] of [[0, 64], [64, 64], [128, K - 128]]) {
              const part = layout === "nt" ? b.slice("b", col, cols) : b;
              product(r, choice, layout, {
                a: alongK(a, layout === "tn", k, ks),
                b: alongK(part, layout !== "nt", k, ks),
                c: c[1].columns("c", col, cols),
              }, true);
            }
          }
          const program = await r.compile("test");
          program.replay();
          const [whole, ranges] = await readTensor(device, c);
          assert.deepEqual(ranges, whole, `${M} ${N} ${K}`);
          program.dispose();
          for (const t of [a, b, ...c]) device.free(t.range().buffer);
        }
      });
    }
  }
}

/** Returns the name of the kernel that a product takes. */
function kernelFor(device: Device, layout: Layout, M: number, N: number, K: number): string {
  const r = new Recorder(device, "all", false);
  matmul(
    r,
    layout,
    r.tensor("a", layout === "tn" ? [K, M] : [M, K]),
    r.tensor("b", layout === "nt" ? [N, K] : [K, N]),
    r.tensor("c", [M, N]),
  );
  return nameOfCall(r.calls[0]);
}

Deno.test("the table names a kernel for every class, and products that it cannot do fall to plain", () => {
  const on = (family: KernelFamily) =>
    ({ family, subgroup: 8, int64: true, limits: { maxStorageBufferBindingSize: 2 ** 27 } }) as Device;
  const cases: [KernelFamily, Layout, number, number, number, RegExp][] = [
    ["subgroup", "nt", 1024, 704, 128, /matmul_subgroup nt rows=64/],
    ["subgroup", "nt", 32, 704, 128, /matmul_subgroup nt rows=32/],
    ["subgroup", "tn", 704, 128, 1024, /matmul_subgroup tn rows=64/],
    ["subgroup", "nn", 1024, 709, 128, /matmul_subgroup nn rows=32 single f32/], // 709 is no multiple of 8
    ["subgroup", "nn", 1, 704, 128, /^matmul ADD/],
    ["shared", "nn", 1024, 709, 128, /matmul_shared nn 64x64 W=1 C=1/],
    ["shared", "nt", 2048, 1025, 128, /matmul_shared nt 128x128 C=1/],
    ["shared", "nt", 100, 64, 12, /matmul_shared nt 64x64$/],
    ["shared", "nt", 63, 64, 12, /matmul_shared nt 32x64$/],
    ["shared", "nt", 1, 4096, 4096, /^few_rows rows=1 .* shared/],
    ["subgroup", "nt", 7, 704, 128, /^few_rows rows=7/],
    ["plain", "nt", 1, 704, 128, /^matmul ADD/],
    ["plain", "nn", 2048, 2048, 2048, /^matmul ADD/],
  ];
  for (const [family, layout, M, N, K, name] of cases) {
    assert.match(kernelFor(on(family), layout, M, N, K), name, `${family} ${layout} ${M} ${N} ${K}`);
  }
  assert.equal(shapeClass("nt", 63, 10_000), "nt low");
  assert.equal(shapeClass("nt", 512, 511), "nt small");
  assert.equal(shapeClass("nt", 512, 512), "nt medium");
  assert.equal(shapeClass("nt", 1024, 2047), "nt medium");
  assert.equal(shapeClass("nt", 1024, 2048), "nt large");
});

Deno.test("a kept table is taken back whole or not at all", () => {
  const limits = { maxStorageBufferBindingSize: 2 ** 27 };
  const device = { family: "shared", subgroup: 0, int64: false, limits } as Device;
  const table = kernelTable(device);
  const other = { ...table, matmul: { ...table.matmul, "nt large": "shared 64x64" as Choice } };
  assert.equal(useKernelTable(device, other), true);
  assert.deepEqual(kernelTable(device), other);
  assert.match(kernelFor(device, "nt", 2048, 1024, 1024), /64x64/);
  const wrong = [
    { ...table, family: "subgroup" as KernelFamily },
    { ...table, matmul: { ...table.matmul, "tn low": "shared 32x32" as Choice } },
    { family: "shared" } as typeof table, // as an earlier version wrote it
  ];
  for (const bad of wrong) assert.equal(useKernelTable(device, bad), false);
  assert.deepEqual(kernelTable(device), other);
});

Deno.test("a table of an older version names the kernel of its large products for medium ones", () => {
  const { matmul } = kernelTable({ family: "shared", subgroup: 0, int64: false } as Device);
  const older = Object.entries(matmul).filter(([shape]) => !shape.endsWith("medium"))
    .map(([shape, choice]) => [shape, choice.replace("shared", "shm").replace(" split", "")]);
  const table = { family: "shm" as KernelFamily, matmul: Object.fromEntries(older) };
  const current = currentKernelTable(table);
  assert.equal(current.matmul["tn medium"], "shared 128x128");
  assert.equal(current.matmul["tn small"], "shared 64x64");
  assert.equal(useKernelTable({ family: "shared", subgroup: 0, int64: false } as Device, current), true);
});
