// Shares with Wilson's interval and means with their standard error, and the way they are written.
import assert from "node:assert/strict";
import {
  meanOf,
  shareOf,
  showInterval,
  showMeasure,
  wilsonInterval,
} from "../../../src/eval/tasks/metric.ts";

const share = (right: number, n: number) =>
  shareOf("accuracy", Array.from({ length: n }, (_, i) => i < right));

Deno.test("Wilson's interval is bounded by the roots of (p - q)² = z² q (1 - q) / n, found by bisection with mpmath", () => {
  const cases: [right: number, n: number, low: number, high: number][] = [
    [0, 10, 0, 0.2775327998628892],
    [10, 10, 0.7224672001371107, 1],
    [2, 3, 0.20765960080204773, 0.9385080552796037],
    [1, 2, 0.09453120573423072, 0.9054687942657693],
    [79, 100, 0.7002003116591013, 0.858343459380847],
    [1469, 1838, 0.7803098920474718, 0.816918493019023],
    [1, 1, 0.20654931437723742, 1],
  ];
  for (const [right, n, low, high] of cases) {
    const [a, b] = wilsonInterval(right / n, n)!;
    assert.ok(Math.abs(a - low) < 1e-12 && Math.abs(b - high) < 1e-12, `${right} of ${n}: ${a} to ${b}`);
    assert.deepEqual(share(right, n).interval, [a, b]);
  }
  assert.equal(wilsonInterval(NaN, 0), undefined);
});

Deno.test("a share is written with its standard error and its interval, which also holds for few items, none and all", () => {
  const written: [right: number, n: number, value: string, interval: string][] = [
    [1469, 1838, "79.9 ± 0.9%", "78.0 to 81.7%"],
    [79, 100, "79.0 ± 4.1%", "70.0 to 85.8%"],
    [78, 99, "78.8 ± 4.1%", "69.7 to 85.7%"],
    [2, 3, "66.7 ± 27.2%", "20.8 to 93.9%"],
    [500, 500, "100.0 ± 0.0%", "99.2 to 100.0%"],
    [0, 500, "0.0 ± 0.0%", "0.0 to 0.8%"],
  ];
  for (const [right, n, value, interval] of written) {
    assert.equal(showMeasure(share(right, n)), value);
    assert.equal(showInterval(share(right, n)), interval);
  }
});

Deno.test("means of scores keep their standard error; a share of zeros and ones has the interval", () => {
  const toxicity = meanOf("toxicity", [0.1, 0.4, 0.2]);
  assert.equal(toxicity.interval, undefined);
  assert.equal(showMeasure(toxicity), "0.2333 ± 0.088");
  assert.equal(showInterval(toxicity), "");
  assert.equal(meanOf("pass@10", [0.5, 1, 0], "share").interval, undefined);
  assert.equal(showMeasure(meanOf("pass@10", [0.5, 1, 0], "share")), "50.0 ± 28.9%");
  assert.deepEqual(meanOf("pass@1", [0, 1, 1], "share").interval, wilsonInterval(2 / 3, 3));
});
