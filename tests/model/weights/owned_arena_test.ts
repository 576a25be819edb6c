// An arena divided over ranks against one array in host memory; odd sizes, one buffer and several.
import assert from "node:assert/strict";
import { openDevice } from "../../../src/gpu/mod.ts";
import { OwnedArena } from "../../../src/model/weights/owned_arena.ts";

const wholeSize = 9 * 4096 + 640;

for (const maxBufferSize of [undefined, 2 ** 16]) {
  Deno.test(`three ranks hold an arena together, buffers of at most ${maxBufferSize ?? "any"} bytes`, async () => {
    const device = await openDevice({ maxBufferSize });
    const ranks = [0, 1, 2].map((rank) =>
      OwnedArena.allocate(device, `rank ${rank}`, wholeSize, { rank, size: 3 }, { bucketSize: 6 * 4096 })
    );
    const whole = Float32Array.from({ length: wholeSize }, (_, i) => i + 1);
    for (const arena of ranks) {
      arena.writeRange(device, 0, whole.slice(0, 5000));
      // 400 rows of 79 numbers, 83 apart
      const rows = Float32Array.from(
        { length: 380 * 79 },
        (_, i) => whole[5000 + Math.floor(i / 79) * 83 + i % 79],
      );
      arena.write(device, { start: 5000, rows: 380, cols: 79, stride: 83 }, rows);
    }
    for (let i = 5000; i < wholeSize; i++) if (i >= 5000 + 380 * 83 || (i - 5000) % 83 >= 79) whole[i] = 0;
    const joined = new Float32Array(wholeSize);
    for (const [rank, arena] of ranks.entries()) {
      const found = await arena.read(device, 0, wholeSize);
      assert.deepEqual(arena.rangesOf(rank), arena.ranges);
      for (const { start, size } of arena.ranges) {
        joined.set(found.subarray(start, start + size), start);
        found.fill(0, start, start + size);
        assert.deepEqual(
          await arena.read(device, start + 7, size - 9),
          joined.slice(start + 7, start + size - 2),
        );
      }
      assert.ok(found.every((x) => x === 0), "the elements of others are zeros");
    }
    assert.deepEqual(joined, whole);
    assert.equal(device.memory().bytes, 4 * wholeSize);
    for (const arena of ranks) arena.free(device);
    assert.equal(device.memory().bytes, 0);
    device.close();
  });
}
