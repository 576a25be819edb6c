// The gathering of weights: memory that other threads read is taken once, and what arrives lies where it belongs.
import assert from "node:assert/strict";
import { Tracer } from "../../../../src/base/trace.ts";
import { WeightGather } from "../../../../src/model/training/parallel/weight_gather.ts";
import { OwnedArena } from "../../../../src/model/weights/owned_arena.ts";
import { bucketsOf } from "../../../../src/model/weights/owned_ranges.ts";
import { singleGroup } from "../../../../src/parallel/mod.ts";
import { testDevice } from "../../../support/device.ts";

Deno.test("every step's weights travel through the same memory", async () => {
  const device = await testDevice("fast");
  const size = 5 * 4096 + 100;
  const arena = OwnedArena.allocate(device, "gathered", size, { rank: 0, size: 1 });
  const buffers = new Set<ArrayBufferLike>();
  let step = 0;
  const group = {
    ...singleGroup,
    rank: 0,
    size: 2,
    allGather: (own: Uint8Array) => {
      buffers.add(own.buffer);
      const all = new Float32Array(own.byteLength / 2);
      all.set(new Float32Array(own.buffer));
      all.fill(++step, own.byteLength / 4); // the part of rank 1
      return Promise.resolve(new Uint8Array(all.buffer));
    },
  } as unknown as typeof singleGroup;
  const gather = new WeightGather({
    device,
    group,
    buckets: bucketsOf(size, 2, 2 * 4096),
    flat: (start, size) => arena.parts({ start, size }).map(({ tensor }) => tensor),
    bytes: 4,
    overlap: true,
    alive: () => true,
    tracer: new Tracer(),
  });
  try {
    const values = Float32Array.from({ length: size }, (_, i) => -i);
    arena.writeRange(device, 0, values);
    for (let i = 0; i < 3; i++) await (await gather.ask(device.gpu.createCommandEncoder()))();
    const found = await arena.read(device, 0, size);
    // Buckets of two parts of 4,096, which travel two and one at a time: the first of each is rank 0's.
    const wanted = values.map((x, i) => Math.floor(i / 4096) % 2 === 0 ? x : i < 4 * 4096 ? 5 : 6);
    assert.deepEqual(found, wanted);
    assert.equal(buffers.size, 2);
  } finally {
    gather.dispose();
    arena.free(device);
  }
});
