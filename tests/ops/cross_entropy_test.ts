// The output layer joined with the loss, in several chunks of rows, compared with the same formulas in plain loops.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { nameOfCall, Recorder } from "../../src/gpu/mod.ts";
import { outputLoss, readTensor, upload } from "../../src/ops/mod.ts";
import { families, testDevice } from "../support/device.ts";
import { maxError } from "../support/golden.ts";

const R = 300;
const D = 8;
const V = 30011; // 256 rows of logits are 30.7 MB: two chunks, the second not full
const random = new Random(9);
const noise = (n: number) => Float32Array.from({ length: n }, () => random.normal());
const x = noise(R * D);
const weight = noise(V * D);
const targets = Int32Array.from({ length: R }, (_, r) => r % 7 === 3 ? -100 : random.below(V));
const kept = targets.filter((t) => t >= 0).length;

/** The output layer under test: `x` [R, D], `weight` [V, D], `targets` [R]. */
interface Layer {
  x: Float32Array<ArrayBuffer>;
  weight: Float32Array<ArrayBuffer>;
  targets: Int32Array<ArrayBuffer>;
}

/** Computes the loss of each row, dx and dW in float64. */
function reference({ x, weight, targets }: Layer): { nll: Float32Array; dx: Float32Array; dw: Float32Array } {
  const R = targets.length;
  const V = weight.length / D;
  const kept = targets.filter((t) => t >= 0).length;
  const nll = new Float32Array(R);
  const dx = new Float64Array(R * D);
  const dw = new Float64Array(V * D);
  const logits = new Float64Array(V);
  for (let r = 0; r < R; r++) {
    if (targets[r] < 0) continue;
    let top = -Infinity;
    let sum = 0;
    for (let v = 0; v < V; v++) {
      logits[v] = 0;
      for (let d = 0; d < D; d++) logits[v] += x[r * D + d] * weight[v * D + d];
      top = Math.max(top, logits[v]);
    }
    for (let v = 0; v < V; v++) sum += Math.exp(logits[v] - top);
    nll[r] = top + Math.log(sum) - logits[targets[r]];
    for (let v = 0; v < V; v++) {
      const g = (Math.exp(logits[v] - top) / sum - Number(v === targets[r])) / kept;
      for (let d = 0; d < D; d++) {
        dx[r * D + d] += g * weight[v * D + d];
        dw[v * D + d] += g * x[r * D + d];
      }
    }
  }
  return { nll, dx: Float32Array.from(dx), dw: Float32Array.from(dw) };
}

for (const kind of families) {
  Deno.test(`the loss of a large vocabulary goes through in chunks (${kind})`, async () => {
    const device = await testDevice(kind);
    const r = new Recorder(device);
    const want = reference({ x, weight, targets });
    const put = (name: string, shape: number[], data: Float32Array | Int32Array, gradient = false) =>
      upload(device, name, { shape, data }, gradient);
    const xs = put("x", [R, D], x);
    const w = put("w", [V, D], weight, true);
    const t = put("targets", [R], targets);
    const scale = put("scale", [1], Float32Array.of(1 / kept));
    const nll = r.tensor("nll", [R]);
    outputLoss(r, xs, w, { targets: t, scale, nll });
    r.backward();
    const logits = r.calls.flatMap((call) =>
      nameOfCall(call).startsWith("cross_entropy") ? [call.args.x.shape] : []
    );
    assert.deepEqual(logits, [[256, V], [44, V]], "the logits are never whole");
    const program = await r.compile("test", [nll, xs.grad!]);
    program.replay();
    const [gotNll, dx, dw] = await readTensor(device, [nll, xs.grad!, w.gradSum!]);
    assert.ok(maxError(gotNll, want.nll) < 1e-5, `nll ${maxError(gotNll, want.nll)}`);
    assert.ok(maxError(dx, want.dx) < 2e-4, `dx ${maxError(dx, want.dx)}`); // sums of 30,011 terms in f32, as the goldens allow
    assert.ok(maxError(dw, want.dw) < 1e-5, `dw ${maxError(dw, want.dw)}`);
    program.dispose();
    for (const tensor of [xs, w, w.gradSum!, t, scale]) device.free(tensor.range().buffer);
  });
}

for (const kind of families) {
  for (const [vocabSize, padded] of [[37, 40], [38, 39], [5, 16]]) {
    Deno.test(`columns beyond the vocabulary take no part in the loss, ${vocabSize} of ${padded} (${kind})`, async () => {
      const device = await testDevice(kind);
      const random = new Random(3);
      const rows = 21;
      const layer = {
        x: Float32Array.from({ length: rows * D }, () => Math.abs(random.normal())),
        weight: Float32Array.from({ length: vocabSize * D }, () => -Math.abs(random.normal())), // every logit is below 0
        targets: Int32Array.from({ length: rows }, (_, r) => r % 5 === 2 ? -100 : random.below(vocabSize)),
      };
      const want = reference(layer);
      const kept = layer.targets.filter((t) => t >= 0).length;
      const weight = new Float32Array(padded * D);
      weight.set(layer.weight);
      const xs = upload(device, "x", { shape: [rows, D], data: layer.x });
      const w = upload(device, "w", { shape: [padded, D], data: weight }, true);
      const targets = upload(device, "targets", { shape: [rows], data: layer.targets });
      const scale = upload(device, "scale", { shape: [1], data: Float32Array.of(1 / kept) });
      const r = new Recorder(device);
      const nll = r.tensor("nll", [rows]);
      const best = r.tensor("best", [rows], "u32");
      outputLoss(r, xs, w, { targets, scale, nll, best, vocabSize });
      r.backward();
      const program = await r.compile("test", [nll, best, xs.grad!]);
      program.replay();
      const [gotNll, dx, dw] = await readTensor(device, [nll, xs.grad!, w.gradSum!]);
      const found = new Uint32Array((await device.read([best.range()]))[0]);
      assert.ok(maxError(gotNll, want.nll) < 1e-5, `nll ${maxError(gotNll, want.nll)}`);
      assert.ok(maxError(dx, want.dx) < 1e-5, `dx ${maxError(dx, want.dx)}`);
      const error = maxError(dw.subarray(0, vocabSize * D), want.dw);
      assert.ok(error < 1e-5, `dw ${error}`);
      assert.ok(dw.subarray(vocabSize * D).every((g) => g === 0), "the gradient of the zeros is 0");
      found.forEach((token, row) => {
        const logits = Array.from(
          { length: vocabSize },
          (_, v) =>
            layer.x.subarray(row * D, (row + 1) * D).reduce(
              (sum, a, d) => sum + a * layer.weight[v * D + d],
              0,
            ),
        );
        assert.ok(logits[token] > Math.max(...logits) - 1e-5, `row ${row}: ${token}`);
      });
      program.dispose();
      for (const tensor of [xs, w, w.gradSum!, targets, scale]) device.free(tensor.range().buffer);
    });
  }
}
