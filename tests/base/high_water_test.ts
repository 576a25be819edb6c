import assert from "node:assert/strict";
import { HighWater } from "../../src/base/high_water.ts";

Deno.test("a gauge has the highest value since its start, and not what came before or after it", () => {
  const held = new HighWater();
  held.add(10);
  held.add(-8);
  const gauge = held.gauge();
  assert.equal(gauge.peak, 2);
  held.add(3);
  held.add(-4);
  assert.equal(gauge.peak, 5);
  assert.deepEqual([held.value, held.peak], [1, 10]);
  gauge[Symbol.dispose]();
  held.add(100);
  assert.equal(gauge.peak, 5);
  assert.equal(held.peak, 101);
});
