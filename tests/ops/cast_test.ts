// Rounding to halves: to nearest, ties to even, as the host rounds, in shader-f16 and packed.
import assert from "node:assert/strict";
import { openDevice, Recorder, Tensor } from "../../src/gpu/mod.ts";
import { cast } from "../../src/ops/cast.ts";
import { readTensor } from "../../src/ops/check_gradients.ts";
import { families, testDevice } from "../support/device.ts";
import { freeWeight, putWeight } from "../support/weights.ts";

const devices = [
  ...families.map((family) => ({ name: family as string, open: () => testDevice(family), close: false })),
  { name: "without shader-f16", open: () => openDevice({ without: ["f16"] }), close: true },
];

for (const { name, open, close } of devices) {
  Deno.test(`cast rounds to halves and back as the host does (${name})`, async () => {
    const device = await open();
    const size = 1028;
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i) * 2 ** (i % 40 - 26));
    data.set([1 + 2 ** -11, 1 + 3 * 2 ** -11, -1 - 2 ** -11, 65504, 2 ** -24, 3 * 2 ** -25, 0, -0]);
    const x = putWeight(device, "f32", [size], data);
    const buffer = device.buffer("halves", 2 * size);
    const y = new Tensor("halves", [size], "f16", { name: "halves", bytes: 2 * size, buffer, offset: 0 });
    const r = new Recorder(device, "all", false);
    const back = r.tensor("back", [size]);
    cast(r, x.tensor, y);
    cast(r, y, back);
    const program = await r.compile("test", [back]);
    program.replay();
    const [bytes] = await device.read([y.range()]);
    const want = new Float16Array(data);
    assert.deepEqual(new Float16Array(bytes), want);
    assert.deepEqual((await readTensor(device, [back]))[0], new Float32Array(want));
    program.dispose();
    device.free(buffer);
    freeWeight(device, x);
    if (close) device.close();
  });
}
