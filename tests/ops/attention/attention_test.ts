// Attention by every kernel family where scores are hundreds and lie close together, compared with PyTorch's float64. The
// tolerances follow the error of PyTorch's float32 (tests/golden_maker/large_scores.py).
import assert from "node:assert/strict";
import { attention, type AttentionShape, runOp } from "../../../src/ops/mod.ts";
import { families, testDevice } from "../../support/device.ts";
import { goldenJson } from "../../support/golden.ts";

interface LargeScores {
  shape: Omit<AttentionShape, "batch">;
  qkv: number[];
  dout: number[];
  outputs: Record<"y" | "dq" | "dk" | "dv", { atol: number; data: number[] }>;
}

/** Spans of causal order: row t sees keys 0 to t. */
function causal(rows: number) {
  return { shape: [rows, 2], data: Uint32Array.from({ length: 2 * rows }, (_, i) => i % 2 ? i >> 1 : 0) };
}

for (const { shape, qkv, dout, outputs } of goldenJson<LargeScores[]>("attention/large_scores.json")) {
  const { queries, heads, kvHeads, headDim } = shape;
  const columns = { dq: heads * headDim, dk: kvHeads * headDim, dv: kvHeads * headDim };
  const cols = columns.dq + columns.dk + columns.dv;
  for (const family of families) {
    Deno.test(`scores of hundreds: ${queries} rows, ${heads}/${kvHeads} heads of ${headDim} (${family})`, async () => {
      const found = await runOp(
        await testDevice(family),
        (r, { qkv, spans }) => attention(r, { qkv, spans }, { batch: 1, ...shape }),
        { qkv: { shape: [queries, cols], data: Float32Array.from(qkv) }, spans: causal(queries) },
        { dy: Float32Array.from(dout) },
      );
      const got: Record<string, number[]> = { y: [...found.y], dq: [], dk: [], dv: [] };
      for (let row = 0, at = 0; row < queries; row++) {
        for (const [name, count] of Object.entries(columns)) {
          got[name].push(...found.gradients.qkv.subarray(at, at += count));
        }
      }
      for (const [name, { atol, data }] of Object.entries(outputs)) {
        data.forEach((want, i) => {
          const allowed = atol + 1e-4 * Math.abs(want);
          assert.ok(
            Math.abs(got[name][i] - want) <= allowed,
            `${name}[${i}]: ${got[name][i]}, want ${want} +- ${allowed}`,
          );
        });
      }
    });
  }
}
