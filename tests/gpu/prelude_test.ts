// Sums and maxima over a workgroup, compared with float64 in plain loops: with subgroups of this adapter, without them, and
// with emulated subgroups of other sizes.
import assert from "node:assert/strict";
import {
  type Device,
  type DeviceProfile,
  kernel,
  openDevice,
  Recorder,
  reductions,
} from "../../src/gpu/mod.ts";
import { readTensor, upload } from "../../src/ops/mod.ts";
import { Random } from "../../src/base/random.ts";
import { needs } from "../support/needs.ts";

const source = `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
struct Params { cols: u32 }
@group(0) @binding(2) var<uniform> p: Params;
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  var top = -3.4e38;
  for (var c = lane; c < p.cols; c += WG) { sum += x[w.x * p.cols + c]; top = max(top, x[w.x * p.cols + c]); }
  let first = sumAll(sum, lane);
  let largest = maxAll(top, lane);
  y[w.x * WG + lane] = vec4<f32>(first, largest, sumAll(sum * sum, lane), f32(lane));
}`;

const random = new Random(11);

/** Reduces rows by `prelude` and compares what every lane was given. */
async function check(device: Device, prelude: string): Promise<void> {
  const lanes = Number(prelude.match(/WG = (\d+)u/)![1]);
  for (const cols of [1, 7, 63, 64, 65, 300]) {
    const rows = 5;
    const data = Float32Array.from({ length: rows * cols }, () => random.normal() - 3); // all maxima are below 0
    const x = upload(device, "x", { shape: [rows, cols], data });
    const r = new Recorder(device, "all", false);
    const y = r.tensor("y", [rows, lanes, 4]);
    r.call(kernel("reduce", source, {}, prelude), { x, y }, { cols }, [rows]);
    const program = await r.compile("reduce", [y]);
    program.replay();
    const [got] = await readTensor(device, [y]);
    program.dispose();
    device.free(x.range().buffer);
    for (let row = 0; row < rows; row++) {
      const own = data.subarray(row * cols, (row + 1) * cols);
      const perLane = Array.from({ length: lanes }, (_, lane) => own.filter((_, c) => c % lanes === lane));
      const sums = perLane.map((mine) => mine.reduce((sum, v) => sum + v, 0));
      const sum = sums.reduce((a, b) => a + b, 0);
      const squares = sums.reduce((a, b) => a + b * b, 0);
      for (let lane = 0; lane < lanes; lane++) {
        const [first, largest, second] = got.subarray((row * lanes + lane) * 4);
        assert.ok(Math.abs(first - sum) <= 1e-6 * Math.abs(sum), `${cols} columns: ${first}, want ${sum}`);
        assert.equal(largest, Math.max(...own));
        assert.ok(
          Math.abs(second - squares) <= 1e-6 * squares,
          `${cols} columns: ${second}, want ${squares}`,
        );
      }
    }
  }
}

const fast = await openDevice({ family: "shared" });
const granted = needs(fast.subgroups, `${fast.adapter} grants no subgroups`);

Deno.test(`GPUs reduce in subgroups of the size that the adapter has${granted.reason}`, granted, async () => {
  const prelude = reductions(fast);
  assert.match(prelude, /subgroupAdd/);
  await check(fast, prelude);
});

Deno.test("without subgroups the sum runs as a tree", async () => {
  const device = await openDevice({ family: "shared", without: ["subgroups"] });
  const prelude = reductions(device);
  assert.doesNotMatch(prelude, /subgroup/);
  await check(device, prelude);
  device.close();
});

/** Puts functions that share numbers by workgroup memory in the place of those of subgroups; `group` is WGSL. */
function emulated(group: string): string {
  const profile = { family: "shared", subgroup: 0, subgroups: true } as DeviceProfile;
  const [size, ...text] = reductions(profile).split("\n");
  const functions = `
var<workgroup> numbers: array<f32, WG>;
fn group(lane: u32) -> u32 { return ${group}; }
fn rankOf(lane: u32) -> u32 {
  var before = 0u;
  for (var i = 0u; i < lane; i += 1u) { before += select(0u, 1u, group(i) == group(lane)); }
  return before;
}
fn lanesOf(lane: u32) -> u32 {
  var all = 0u;
  for (var i = 0u; i < WG; i += 1u) { all += select(0u, 1u, group(i) == group(lane)); }
  return all;
}
fn addOf(x: f32, lane: u32) -> f32 {
  numbers[lane] = x;
  workgroupBarrier();
  var all = 0.0;
  for (var i = 0u; i < WG; i += 1u) { all += select(0.0, numbers[i], group(i) == group(lane)); }
  workgroupBarrier();
  return all;
}
fn maxOf(x: f32, lane: u32) -> f32 {
  numbers[lane] = x;
  workgroupBarrier();
  var all = x;
  for (var i = 0u; i < WG; i += 1u) { all = max(all, select(all, numbers[i], group(i) == group(lane))); }
  workgroupBarrier();
  return all;
}
`;
  const replaced = text.join("\n")
    .replaceAll("subgroupExclusiveAdd(1u)", "rankOf(lane)")
    .replaceAll("subgroupAdd(1u)", "lanesOf(lane)")
    .replaceAll(/subgroupAdd\((\w+)\)/g, "addOf($1, lane)")
    .replaceAll(/subgroupMax\(([^;]+)\);/g, "maxOf($1, lane);");
  assert.doesNotMatch(replaced, /subgroup/);
  return size + functions + replaced;
}

const groups = {
  "4 lanes": "lane / 4u",
  "16 lanes": "lane / 16u",
  "32 lanes": "lane / 32u",
  "64 lanes": "lane / 64u",
  "128 lanes, of which 64 work": "lane / 128u",
  "lanes that are not neighbours": "lane % 3u",
  "4, 28 and 32 lanes": "select(select(2u, 1u, lane < 32u), 0u, lane < 4u)",
};
for (const [name, group] of Object.entries(groups)) {
  Deno.test(`subgroups of ${name} give the same sums, emulated in workgroup memory`, async () => {
    await check(fast, emulated(group));
  });
}
