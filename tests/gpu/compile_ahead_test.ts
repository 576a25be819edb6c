// Compiling ahead on two devices: the split of the kernels, and the products of a process whose driver has no code yet.
import assert from "node:assert/strict";
import { halves } from "../../src/gpu/compile_ahead.ts";
import { openDevice, Recorder } from "../../src/gpu/mod.ts";
import { matmul, readTensor, upload } from "../../src/ops/mod.ts";
import { needsSubgroups } from "../support/device.ts";

Deno.test("kernels are split into two parts of about equal length", () => {
  const split = (...weights: number[]) => halves(weights, (weight) => weight);
  assert.deepEqual(split(2, 40, 31, 26, 39, 31, 3), [[40, 31, 3, 2], [39, 31, 26]]);
  assert.deepEqual(split(5), [[5], []]);
  assert.deepEqual(split(), [[], []]);
});

/** Returns three products of 40 rows from one program, each by a long kernel of its own. */
export async function products(): Promise<number[]> {
  const device = await openDevice();
  const r = new Recorder(device, "all", false);
  const input = (name: string, rows: number, cols: number) =>
    upload(device, name, {
      shape: [rows, cols],
      data: Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i)),
    });
  const outs = (["nn", "nt", "tn"] as const).map((layout) => {
    const a = layout === "tn" ? input(`${layout} a`, 48, 40) : input(`${layout} a`, 40, 48);
    const b = layout === "nt" ? input(`${layout} b`, 72, 48) : input(`${layout} b`, 48, 72);
    const c = r.tensor(layout, [40, 72]);
    matmul(r, layout, a, b, c);
    return c;
  });
  const program = await r.compile("products", outs);
  program.replay();
  const found = await readTensor(device, outs);
  device.close();
  return found.flatMap((data) => [...data]);
}

Deno.test(
  `products of a process without compiled kernels are the same${needsSubgroups.reason}`,
  needsSubgroups,
  async () => {
    const cache = await Deno.makeTempDir();
    const script =
      `import { products } from "${import.meta.url}"; console.log(JSON.stringify(await products()));`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      env: { MESA_SHADER_CACHE_DIR: cache },
    });
    try {
      const { stdout } = await child.output();
      assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), await products());
    } finally {
      await Deno.remove(cache, { recursive: true });
    }
  },
);
