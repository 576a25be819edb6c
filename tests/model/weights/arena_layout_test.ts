// The places of tensors in an arena and its cuts, against their definition on drawn shapes.
import assert from "node:assert/strict";
import { Random } from "../../../src/base/random.ts";
import { DeviceError } from "../../../src/base/errors.ts";
import { ArenaLayout } from "../../../src/model/weights/arena_layout.ts";

const part = 4096;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

Deno.test("cuts stand at multiples of 4,096 elements between tensors, and inside those alone that exceed a buffer, at rows", () => {
  const random = new Random(7);
  let inside = 0;
  for (let trial = 0; trial < 300; trial++) {
    const layout = new ArenaLayout();
    const count = 1 + random.below(20);
    for (let i = 0; i < count; i++) {
      const cols = 8 * (1 + random.below(20));
      layout.place(`t${i}`, random.below(3) ? [1 + random.below(2000), cols] : [cols]);
    }
    const most = part * (22 + random.below(40));
    const cuts = layout.cuts(most + random.below(part));
    assert.equal(cuts[0], 0);
    cuts.forEach((start, i) => {
      const size = (cuts[i + 1] ?? layout.size) - start;
      assert.ok(start % part === 0 && size > 0 && size <= most, `${start}, ${size} of ${most}`);
    });
    let end = 0;
    for (const { shape, start } of layout.tensors) {
      const size = sizeOf(shape);
      assert.ok(start >= end && start % 128 === 0);
      assert.ok(
        start % part === 0 || start % part + size <= part,
        "a tensor shares a part only if it lies within it",
      );
      end = start + size;
      const cut = cuts.filter((at) => at > start && at < end);
      assert.equal(cut.length > 0, size > most, `[${shape}] at ${start}: ${cut}`);
      for (const at of cut) {
        assert.equal((at - start) % (64 * shape.at(-1)!), 0, "a cut is at a multiple of 64 rows");
      }
      inside += cut.length;
    }
    assert.ok(layout.size >= end && layout.size % 128 === 0);
  }
  assert.ok(inside > 50, `${inside} cuts inside tensors`);
});

Deno.test("one buffer that is large enough is not cut", () => {
  const layout = new ArenaLayout();
  for (const shape of [[300, 40], [40], [9, 7]]) layout.place("t", shape);
  assert.deepEqual(layout.cuts(2 ** 29), [0]);
  assert.deepEqual(layout.tensors.map(({ start }) => start), [0, 12032, 12160]);
});

Deno.test("a tensor whose rows cannot be cut is refused with the buffer that would do", () => {
  const layout = new ArenaLayout();
  layout.place("0.w2", [4096, 1000]);
  assert.throws(() => layout.cuts(2 ** 14), (error: DeviceError) => {
    assert.ok(error instanceof DeviceError);
    assert.equal(error.limit, "maxBufferSize");
    assert.equal(error.wanted, 4 * 512 * 1000);
    assert.match(error.message, /0\.w2 \[4096, 1000\].*65536 bytes.*2048000/);
    assert.doesNotMatch(error.message, /microBatch/);
    assert.ok(layout.cuts(error.wanted / 4).length > 1);
    return true;
  });
});
