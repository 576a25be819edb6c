// Tables that are only read: packed halves, halves and blocks of 8 bits give the rows that the host unpacks, bit for bit.
import assert from "node:assert/strict";
import { Random } from "../../src/base/random.ts";
import { type Device, openDevice, Recorder } from "../../src/gpu/mod.ts";
import { upload } from "../../src/ops/check_gradients.ts";
import { embedding } from "../../src/ops/embedding.ts";
import { families, testDevice } from "../support/device.ts";
import { freeWeight, putWeight } from "../support/weights.ts";

const random = new Random(3);

async function check(device: Device, dtype: "f32" | "f16" | "q8", V: number, D: number): Promise<void> {
  const data = Float32Array.from({ length: V * D }, () => random.normal());
  const table = putWeight(device, dtype, [V, D], data);
  const list = Uint32Array.from({ length: 21 }, (_, i) => i * 5 % V);
  const ids = upload(device, "ids", { shape: [list.length], data: list });
  const r = new Recorder(device, "all", false);
  const y = embedding(r, { ids, tokens: ids, runs: ids, order: ids }, table.tensor);
  const program = await r.compile("test", [y]);
  program.replay();
  const want = [...list].flatMap((id) => [...table.values.subarray(id * D, (id + 1) * D)]);
  const [bytes] = await device.read([y.range()]);
  const got = y.dtype === "f16" ? new Float16Array(bytes) : new Float32Array(bytes);
  assert.deepEqual([...got], want, `${dtype} [${V}, ${D}]`);
  assert.equal(y.dtype, dtype === "f16" && device.f16 ? "f16" : "f32");
  program.dispose();
  freeWeight(device, table);
  device.free(ids.range().buffer);
}

for (const family of families) {
  Deno.test(`rows of a table in f16 and in 8-bit blocks (${family})`, async () => {
    const device = await testDevice(family);
    for (const [V, D] of [[17, 12], [23, 7], [9, 1]]) await check(device, "f16", V, D);
    for (const [V, D] of [[17, 32], [23, 96], [5, 160]]) await check(device, "q8", V, D);
  });
}

Deno.test("without shader-f16 rows of halves are read packed", async () => {
  const device = await openDevice({ without: ["f16"] });
  for (const [V, D] of [[17, 12], [23, 7], [9, 1]]) await check(device, "f16", V, D);
  device.close();
});
