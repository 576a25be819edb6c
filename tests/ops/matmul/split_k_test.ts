// Products whose K is cut: compared with float64 in plain loops, with themselves, and the lengths of the cuts.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import {
  type Device,
  type DType,
  nameOfCall,
  openDevice,
  Recorder,
  type Tensor,
} from "../../../src/gpu/mod.ts";
import { cast, type Choice, kernelTable, matmul, product, readTensor, upload } from "../../../src/ops/mod.ts";
import { cutOf } from "../../../src/ops/matmul/split_k.ts";
import { half, testDevice } from "../../support/device.ts";
import { maxError } from "../../support/golden.ts";

const random = new Random(5);
const noise = (n: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: n }, () => random.normal());

const choices: Choice[] = [
  "shared 32x64 split",
  "shared 64x64 split",
  "shared 128x64 split",
  "shared 128x128 split",
];

Deno.test("cuts are multiples of 128, at least 256 long, and as many as there are workgroups to fill", () => {
  const cases: [number, number, number, number][] = [
    [128, 128, 16_384, 256], // 4 blocks of 64 x 64: 64 cuts, the shortest allowed
    [512, 512, 16_384, 2048], // 64 blocks: 8 cuts
    [1448, 1448, 16_384, 16_384], // 529 blocks are enough
    [128, 128, 511, 511], // too short to be cut
    [128, 128, 777, 384], // three would do; rounded up, they are 384 and 384 and 9
  ];
  for (const [M, N, K, cut] of cases) {
    assert.equal(cutOf("shared 64x64 split", M, N, K), cut, `${M} ${N} ${K}`);
  }
  assert.equal(cutOf("shared 128x128 split", 1024, 1024, 16_384), 2048);
});

for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
  for (const choice of choices) {
    Deno.test(`matmul tn by ${choice} of ${dtype}: cuts of K give the sums of plain loops, and the same bits twice`, async () => {
      const device = await testDevice("shared");
      for (const [M, N, K] of [[72, 136, 1100], [34, 66, 778]]) {
        for (const add of [false, true]) {
          const made: Tensor[] = [];
          const put = (shape: number[], data: Float32Array<ArrayBuffer>) => {
            const tensor = upload(device, "split", { shape, data });
            made.push(tensor);
            return tensor;
          };
          const r = new Recorder(device, "all", false);
          const rounded = (tensor: Tensor, to: DType) => {
            if (to === "f32") return tensor;
            const y = r.tensor("half", tensor.shape, to);
            cast(r, tensor, y);
            return y;
          };
          const [x, y, before] = [noise(K * M), noise(K * N), noise(M * N)];
          if (dtype === "f16") y.forEach((v, i) => y[i] = Math.f16round(v));
          const [a, b] = [put([K, M], x), rounded(put([K, N], y), dtype)];
          const c = [1, 2].map(() => put([M, N], before.slice()));
          for (const out of c) product(r, choice, "tn", { a, b, c: out }, add);
          assert.ok(r.calls.some((call) => nameOfCall(call).startsWith("matmul_sums")));
          const program = await r.compile("split", c);
          program.replay();
          const [got, again] = await readTensor(device, c);
          assert.deepEqual(again, got, "the same bits twice");
          const want = Float32Array.from({ length: M * N }, (_, i) => {
            const [m, n] = [Math.floor(i / N), i % N];
            let sum = add ? before[i] : 0;
            for (let k = 0; k < K; k++) sum += x[k * M + m] * y[k * N + n];
            return sum;
          });
          const error = maxError(got, want);
          assert.ok(error < 2e-6, `${M} ${N} ${K}${add ? " add" : ""}: ${error}`);
          program.dispose();
          for (const tensor of made) device.free(tensor.range().buffer);
        }
      }
    });
  }
}

/** Computes C + A^T B on a device whose table cuts K, and the number of its calls. */
async function cutOn(device: Device, [M, N, K]: number[]): Promise<{ got: Float32Array; calls: number }> {
  const random = new Random(7);
  const put = (shape: number[]) => {
    const data = Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal());
    return upload(device, "split", { shape, data });
  };
  const [a, b, c] = [put([K, M]), put([K, N]), put([M, N])];
  const r = new Recorder(device, "all", false);
  matmul(r, "tn", a, b, c, true);
  const program = await r.compile("split", [c]);
  program.replay();
  const [got] = await readTensor(device, [c]);
  program.dispose();
  for (const tensor of [a, b, c]) device.free(tensor.range().buffer);
  return { got, calls: r.calls.length };
}

Deno.test("cuts have the same bits however little a device binds", async () => {
  for (const [M, N, K] of [[200, 160, 1100], [67, 33, 777]]) {
    const found: Float32Array[] = [];
    const counts: number[] = [];
    for (const maxBindingSize of [2 ** 27, 2 ** 19, 2 ** 17, 2 ** 16]) {
      const device = await openDevice({ family: "shared", maxBindingSize });
      const table = kernelTable(device);
      assert.equal(table.matmul["tn small"], "shared 64x64 split");
      const { got, calls } = await cutOn(device, [M, N, K]);
      found.push(got);
      counts.push(calls);
      device.close();
    }
    for (const other of found) assert.deepEqual(other, found[0], `${M} ${N} ${K}`);
    assert.equal(counts[0], 2);
    assert.ok(counts.at(-1)! > 6, `calls: ${counts}`);
  }
});
