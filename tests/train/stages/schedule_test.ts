import assert from "node:assert/strict";
import { learningRateAt } from "../../../src/train/mod.ts";
import { defaultWarmup, instructWarmup } from "../../../src/train/stages/schedule.ts";
import { goldenJson } from "../../support/golden.ts";

interface Golden {
  tolerance_rel: number;
  schedules: {
    lr_max: number;
    warmup: number;
    total: number;
    min_ratio: number;
    lr: number[];
    lr_after_end: number;
  }[];
}

Deno.test("the schedule gives the golden learning rates", () => {
  const { schedules, tolerance_rel } = goldenJson<Golden>("schedule.json");
  assert.equal(schedules.length, 3);
  for (const { lr_max: peak, warmup, total, min_ratio, lr, lr_after_end } of schedules) {
    const schedule = { peak, low: peak * min_ratio, warmup, total };
    assert.equal(lr.length, total);
    for (const [i, want] of [...lr, lr_after_end, lr_after_end].entries()) {
      const got = learningRateAt(i + 1, schedule);
      assert.ok(Math.abs(got - want) <= tolerance_rel * want, `update ${i + 1}: ${got}, expected ${want}`);
    }
  }
});

Deno.test("a schedule may have no warmup, or nothing but warmup", () => {
  const flat = { peak: 1, low: 0.1, total: 4 };
  assert.ok(learningRateAt(1, { ...flat, warmup: 0 }) < 1);
  assert.equal(learningRateAt(4, { ...flat, warmup: 0 }), 0.1);
  assert.deepEqual([1, 2, 3, 4].map((t) => learningRateAt(t, { ...flat, warmup: 4 })), [0.25, 0.5, 0.75, 1]);
  assert.equal(learningRateAt(4, { ...flat, warmup: 8 }), 0.5);
});

Deno.test("the default warmup is the paper's, or a tenth of a short run", () => {
  assert.deepEqual([1, 9, 100, 20_000, 250_000].map(defaultWarmup), [1, 1, 10, 2000, 2000]);
  assert.deepEqual([1, 100, 1000].map(instructWarmup), [1, 3, 30]);
});
