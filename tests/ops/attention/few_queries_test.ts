// Attention of one to seven queries over a cache, compared with float64 in plain loops, in both fast families: grouped heads,
// spans that begin late or hold no key, caches of several ranges, and caches in half precision.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { type Device, openDevice, Recorder } from "../../../src/gpu/mod.ts";
import { attention, upload } from "../../../src/ops/mod.ts";
import { families, half, testDevice } from "../../support/device.ts";
import { maxError } from "../../support/golden.ts";
import { storedMatrix } from "../../support/stored_weights.ts";

const random = new Random(5);
const noise = (n: number) => Float32Array.from({ length: n }, () => random.normal());

interface Case {
  batch: number;
  queries: number;
  keys: number;
  heads: number;
  kvHeads: number;
  headDim: number;
}

/** Returns the attention [B T, H E] in float64. */
function reference(c: Case, qkv: Float32Array, cache: Float32Array, spans: Uint32Array): Float32Array {
  const { queries, keys, heads, kvHeads, headDim: E } = c;
  const out = new Float32Array(c.batch * queries * heads * E);
  const width = 2 * kvHeads * E;
  for (let row = 0; row < c.batch * queries; row++) {
    for (let head = 0; head < heads; head++) {
      const query = qkv.subarray(row * (heads + 2 * kvHeads) * E + head * E);
      const at = (key: number) => {
        const kvHead = Math.floor(head * kvHeads / heads);
        return (Math.floor(row / queries) * keys + key) * width + kvHead * E;
      };
      const [first, last] = spans.subarray(2 * row, 2 * row + 2);
      const scores: number[] = [];
      for (let key = first; key <= last; key++) {
        let dot = 0;
        for (let e = 0; e < E; e++) dot += query[e] * cache[at(key) + e];
        scores.push(dot / Math.sqrt(E));
      }
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const sum = weights.reduce((a, b) => a + b, 0);
      for (let e = 0; e < E && scores.length > 0; e++) {
        let value = 0;
        weights.forEach((weight, i) => value += weight * cache[at(first + i) + kvHeads * E + e]);
        out[(row * heads + head) * E + e] = value / sum;
      }
    }
  }
  return out;
}

/** Returns spans of all kinds: whole, one key, from the middle on, none. */
function spansOf({ batch, queries, keys }: Case): Uint32Array<ArrayBuffer> {
  const kinds = [[0, keys - 1], [keys >> 1, keys >> 1], [keys >> 1, keys - 2], [3, 2], [1, keys >> 2]];
  return Uint32Array.from({ length: batch * queries }, (_, row) => row).reduce((all, row) => {
    all.set(kinds[row % kinds.length], 2 * row);
    return all;
  }, new Uint32Array(2 * batch * queries));
}

const cases: Case[] = [
  { batch: 3, queries: 1, keys: 40, heads: 4, kvHeads: 4, headDim: 32 },
  { batch: 2, queries: 3, keys: 1100, heads: 4, kvHeads: 1, headDim: 64 }, // several ranges
  { batch: 1, queries: 7, keys: 33, heads: 6, kvHeads: 2, headDim: 8 }, // three heads share keys
  { batch: 5, queries: 1, keys: 150, heads: 8, kvHeads: 1, headDim: 128 },
  { batch: 1, queries: 5, keys: 70, heads: 2, kvHeads: 1, headDim: 256 },
  { batch: 2, queries: 2, keys: 21, heads: 5, kvHeads: 1, headDim: 12 }, // no multiple of 8
  { batch: 2, queries: 2, keys: 21, heads: 4, kvHeads: 2, headDim: 6 }, // no multiple of 4
];

const devices: Record<string, () => Promise<Device>> = Object.fromEntries(
  families.filter((family) => family !== "plain").map((family) => [family, () => testDevice(family)]),
);
if (families.includes("subgroup")) {
  devices["subgroup without 64-bit loads"] = () => openDevice({ without: ["int64"] });
}
const halfShared = () => openDevice({ family: "shared", without: ["subgroups", "int64"] });

for (const [name, open] of Object.entries(devices)) {
  for (const dtype of half ? ["f32", "f16"] as const : ["f32"] as const) {
    Deno.test(`attention of few queries over a cache of ${dtype} (${name})`, async () => {
      const device = await (name === "shared" && dtype === "f16" ? halfShared() : open());
      for (const c of cases) {
        const { batch, queries, keys, heads, kvHeads, headDim } = c;
        const rows = batch * queries;
        const width = (heads + 2 * kvHeads) * headDim;
        const qkv = storedMatrix(device, "qkv", [rows, width], dtype, noise(rows * width));
        const size = batch * keys * 2 * kvHeads * headDim;
        const cache = storedMatrix(
          device,
          "cache",
          [batch * keys, 2 * kvHeads * headDim],
          dtype,
          noise(size),
        );
        const data = spansOf(c);
        const spans = upload(device, "spans", { shape: [rows, 2], data });
        const r = new Recorder(device, "all", false);
        const o = attention(r, { qkv: qkv.tensor, cache: cache.tensor, spans }, c);
        const program = await r.compile("test", [o]);
        program.replay();
        const [bytes] = await device.read([o.range()]);
        const got = Float32Array.from(dtype === "f16" ? new Float16Array(bytes) : new Float32Array(bytes));
        const error = maxError(got, reference(c, qkv.numbers, cache.numbers, data));
        assert.ok(error < (dtype === "f16" ? 6e-4 : 3e-6), `${Object.values(c).join(" ")}: ${error}`);
        program.dispose();
        for (const tensor of [qkv.tensor, cache.tensor, spans]) device.free(tensor.range().buffer);
      }
    });
  }
}
