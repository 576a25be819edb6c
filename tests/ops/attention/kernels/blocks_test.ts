// Attention by blocks compared with the plain kernels (which the goldens hold), at head sizes that fill no vector of lanes and
// lengths that fill no tile, with documents, padding on both sides and rows that see nothing.
import assert from "node:assert/strict";
import { Random } from "../../../../src/base/random.ts";
import { Tensor } from "../../../../src/gpu/mod.ts";
import { blockKernels } from "../../../../src/ops/attention/kernels/blocks.ts";
import { attention, type AttentionShape, runOp } from "../../../../src/ops/mod.ts";
import { testDevice } from "../../../support/device.ts";
import { maxError } from "../../../support/golden.ts";

const random = new Random(11);
const noise = (n: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: n }, () => random.normal());

/** Returns spans of documents of random lengths, with `left` and `right` rows of padding in the last sequence. */
function spansOf({ batch, queries }: AttentionShape, left: number, right: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(batch * queries * 2);
  for (let b = 0; b < batch; b++) {
    const padded = b === batch - 1;
    let first = padded ? left : 0;
    for (let t = 0; t < queries; t++) {
      const seesNone = padded && (t < left || t >= queries - right);
      if (t > first && random.below(60) === 0) first = t;
      out.set(seesNone ? [1, 0] : [first, t], 2 * (b * queries + t));
    }
  }
  return out;
}

const shapes: AttentionShape[] = [
  { batch: 2, queries: 97, heads: 3, kvHeads: 1, headDim: 4 }, // one vec4 per head
  { batch: 1, queries: 131, heads: 2, kvHeads: 2, headDim: 36 }, // two slabs and a bit, two vec4s per lane and a bit
  { batch: 2, queries: 33, heads: 4, kvHeads: 2, headDim: 64 },
  { batch: 1, queries: 67, heads: 2, kvHeads: 1, headDim: 100 }, // small tiles backward
  { batch: 1, queries: 65, heads: 1, kvHeads: 1, headDim: 128 },
  { batch: 2, queries: 2, heads: 2, kvHeads: 1, headDim: 20 },
];

for (const shape of shapes) {
  const { batch, queries, heads, kvHeads, headDim } = shape;
  Deno.test(`attention by blocks: ${batch} x ${queries} rows, ${heads}/${kvHeads} heads of ${headDim}`, async () => {
    const rows = batch * queries;
    const cols = (heads + 2 * kvHeads) * headDim;
    const inputs = {
      qkv: { shape: [rows, cols], data: noise(rows * cols) },
      spans: { shape: [rows, 2], data: spansOf(shape, queries >> 2, queries >> 3) },
    };
    const dy = noise(rows * heads * headDim);
    const run = async (family: "plain" | "shared") =>
      await runOp(
        await testDevice(family),
        (r, { qkv, spans }) => attention(r, { qkv, spans }, shape),
        inputs,
        { dy },
      );
    const [got, want] = [await run("shared"), await run("plain")];
    assert.ok(want.y.some((x) => x !== 0));
    assert.ok(maxError(got.y, want.y) < 1e-5, `y: ${maxError(got.y, want.y)}`);
    const error = maxError(got.gradients.qkv, want.gradients.qkv);
    assert.ok(error < 2e-5, `dqkv: ${error}`);
    want.y.forEach((x, i) => assert.ok(x !== 0 || got.y[i] === 0, "rows that see nothing give exactly 0"));
  });
}

/** Returns the bytes of the variables in workgroup memory, which are arrays of vec4s and a few words. */
function workgroupBytes(code: string): number {
  const line = (16 * 4 + 8 * 4 + 1) * 16; // struct Line
  return [...code.matchAll(/var<workgroup> \w+: (.*);/g)].reduce((sum, [, type]) => {
    const element = type.includes("Line") ? line : type.includes("vec4") ? 16 : type.includes("vec2") ? 8 : 4;
    const lengths = [...type.matchAll(/, (\d+)>/g)].map(([, n]) => Number(n));
    return sum + lengths.reduce((a, b) => a * b, element);
  }, 0);
}

Deno.test("attention by blocks takes at most the 16 KiB of workgroup memory that every adapter has", () => {
  const tensor = new Tensor("x", [4], "f32", { name: "x", bytes: 16, offset: 0 });
  for (const headDim of [4, 32, 64, 68, 96, 128]) {
    const shape = { batch: 1, queries: 9, heads: 2, kvHeads: 1, headDim };
    const kernels = blockKernels(shape, 9, { q: tensor, kv: tensor, o: tensor });
    for (const pass of ["forward", "gradQ", "gradKV"] as const) {
      const bytes = workgroupBytes(kernels.kernel(pass).code);
      assert.ok(bytes > 14_000 && bytes <= 16_384, `${pass}, heads of ${headDim}: ${bytes} bytes`);
    }
  }
});
