import assert from "node:assert/strict";
import { Random } from "../../../../src/base/random.ts";
import { lossLines, smoothedEnd } from "../../../../src/train/monitoring/card/loss_curves.ts";
import type { HistoryEntry } from "../../../../src/train/mod.ts";

/** Makes the history of a loss that falls fast and then slowly, with noise, as those of real runs do. */
function history(steps: number, noise = 0.1, stage = "pretrain", first = 1): HistoryEntry[] {
  const random = new Random(steps);
  return Array.from({ length: steps }, (_, i) => ({
    step: first + i,
    stage,
    loss: 4.5 + 2.5 * Math.exp(-6 * i / steps) + noise * (random.uniform() - 0.5),
    gradNorm: 1,
    learningRate: 1e-3,
    tokens: 1024 * (i + 1),
    seconds: i + 1,
  }));
}

Deno.test("the smoothed loss ends beside the losses at the end, at every length of a run", () => {
  for (const steps of [20, 60, 200, 800, 5000]) {
    const entries = history(steps);
    const tail = entries.slice(-Math.max(1, Math.ceil(steps / 50))).map(({ loss }) => loss);
    const mean = tail.reduce((sum, loss) => sum + loss, 0) / tail.length;
    const end = smoothedEnd(entries)!;
    assert.ok(Math.abs(end - mean) < 0.1, `${steps} steps: ${end} beside ${mean}`);
    const [, drawn] = lossLines(entries, []).series[1].points.at(-1)!;
    assert.ok(Math.abs(drawn - end) < 1e-9, "the row and the curve agree");
  }
  assert.equal(smoothedEnd(history(19)), undefined, "a run too short to smooth");
  assert.deepEqual(lossLines(history(19), []).series.map(({ name }) => name), ["loss"]);
  assert.deepEqual(lossLines([], []).series.map(({ points }) => points.length), [0]);
});

Deno.test("the smoothed loss does not lag: on a straight line it is that line but for its last points", () => {
  const curve = (losses: number[]) => {
    const entries = history(losses.length).map((entry, i) => ({ ...entry, loss: losses[i] }));
    return lossLines(entries, []).series[1].points.map(([, y]) => y);
  };
  const line = Array.from({ length: 200 }, (_, i) => 7 - i / 50);
  const means = curve(line);
  for (let i = 0; i < 195; i++) assert.ok(Math.abs(means[i] - line[i]) < 1e-9, `point ${i}`);
  assert.ok(Math.abs(means[199] - (7 - 196.5 / 50)) < 1e-9, "the mean of the last six");
  const broken = curve(line.map((loss, i) => i % 50 === 10 ? NaN : loss));
  assert.ok(broken.every(Number.isFinite), "a skipped step is left out");
  assert.ok(Math.abs(broken[100] - line[100]) < 1e-9);
});

Deno.test("both curves are named, and a stage begins anew", () => {
  const entries = [...history(100), ...history(50, 0.1, "instruct", 101)];
  const { series: [loss, smooth] } = lossLines(entries, []);
  assert.deepEqual([loss.name, smooth.name], ["loss", "smoothed over 9 steps"]);
  const at = smooth.points.findIndex(([, y]) => Number.isNaN(y));
  assert.deepEqual(smooth.points[at][0], 101);
  assert.deepEqual(smooth.points[at + 1], [101, entries[100].loss]);
});

Deno.test("a long run has a bounded number of points, the last step among them", () => {
  const { series } = lossLines(history(20_000), []);
  for (const { points } of series) {
    assert.ok(points.length <= 3001, `${points.length}`);
    assert.equal(points.at(-1)![0], 20_000);
  }
});
