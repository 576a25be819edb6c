// The layout of a rank's part of the weights against the whole tensors: every number is held once, or by all.
import assert from "node:assert/strict";
import { resolveConfig } from "../../../src/model/architecture/config.ts";
import { WeightLayout } from "../../../src/model/weights/weight_layout.ts";

const shapes = [
  { dim: 32, layers: 2, heads: 4, hidden: 96, vocabSize: 64 },
  { dim: 36, layers: 2, heads: 6, kvHeads: 2, hidden: 37, vocabSize: 61 },
  { dim: 24, layers: 1, heads: 4, hidden: 9, vocabSize: 50, tieEmbeddings: true },
];

Deno.test("the parts of all ranks cover every matrix once; tables and norms are whole on each", () => {
  for (const shape of shapes) {
    const config = resolveConfig(shape);
    const whole = new WeightLayout(config);
    assert.equal(whole.replicated, undefined);
    for (const  of of[2, 4].filter((of) => config.kvHeads % of === 0)) {
      const layouts = Array.from({ length: of }, (_, rank) => new WeightLayout(config, { rank, of }));
      for (const [i, { name, shape: [rows, cols = 1] }] of whole.parameters.entries()) {
        const times = new Uint8Array(rows * cols);
        for (const { parameters } of layouts) {
          const { name: held, shape: [r, c = 1], part } = parameters[i];
          assert.equal(held, name);
          assert.deepEqual(part?.shape ?? [rows, cols], [rows, cols]);
          for (let y = 0; y < r; y++) {
            for (let x = 0; x < c; x++) times[(y + (part?.row ?? 0)) * cols + x + (part?.col ?? 0)]++;
          }
        }
        const copies = /proj/.test(name) ? 1 : of;
        assert.ok(times.every((count) => count === copies), `${name} on ${of} ranks`);
      }
    }
  }
});

Deno.test("ranks have equal arenas: parts, then from a multiple of 4,096 on what all have; decay stays in front", () => {
  for (const shape of shapes) {
    const config = resolveConfig(shape);
    const [a, b] = [0, 1].map((rank) => new WeightLayout(config, { rank, of: 2 }));
    assert.deepEqual(
      a.slots.map(({ key, shape, start }) => [key, shape, start]),
      b.slots.map((s) => [s.key, s.shape, s.start]),
    );
    assert.equal(a.places.size, b.places.size);
    assert.equal(a.replicated! % 4096, 0);
    for (const { shape, start, part, name } of a.parameters) {
      assert.equal(part !== undefined, start < a.replicated!, name);
      assert.equal(shape.length === 2, start < a.decayed, name);
    }
  }
});

Deno.test("a whole model lies as it did before there were ranks", () => {
  const { slots, places, decayed } = new WeightLayout(resolveConfig(shapes[1]));
  assert.deepEqual(slots.map(({ key }) => key).slice(0, 6), [
    "embedding",
    "0.qkv",
    "0.wo",
    "0.w13",
    "0.w2",
    "1.qkv",
  ]);
  // As printed by the layout of a model in one process, before layouts had parts.
  assert.deepEqual(
    slots.map(({ start }) => start),
    [0, 4096, 6272, 8192, 10880, 12288, 14464, 16384, 19072, 20480, 22784, 22912, 23040, 23168, 23296],
  );
  assert.deepEqual([places.size, decayed], [23424, 22784]);
});
