// Latency and bandwidth fitted to times: lines that are known, noise, and times that are no line.
import assert from "node:assert/strict";
import {
  fitLink,
  type MeasuredNetwork,
  type Traffic,
  trafficSeconds,
} from "../../../src/model/planning/network.ts";

const sizes = [4 << 10, 64 << 10, 1 << 20, 16 << 20];

Deno.test("a line is found again, whatever its numbers", () => {
  for (const [latency, bandwidth] of [[1e-5, 1e9], [2e-3, 3e8], [1e-7, 5e10]]) {
    const fitted = fitLink(sizes.map((bytes) => ({ bytes, seconds: latency + bytes / bandwidth })));
    assert.ok(Math.abs(fitted.latency / latency - 1) < 1e-6, `${fitted.latency} ${latency}`);
    assert.ok(Math.abs(fitted.bandwidth / bandwidth - 1) < 1e-9, `${fitted.bandwidth} ${bandwidth}`);
  }
});

Deno.test("errors count by their share: a slow large exchange does not hide the latency", () => {
  const times = sizes.map((bytes) => ({ bytes, seconds: 1e-5 + bytes / 1e9 }));
  times[3].seconds *= 1.3;
  const { latency, bandwidth } = fitLink(times);
  // The minimum of the sum of squared relative errors, by a search over both numbers.
  const error = (a: number, b: number) =>
    times.reduce((sum, { bytes, seconds }) => sum + ((a + bytes / b) / seconds - 1) ** 2, 0);
  const best = error(latency, bandwidth);
  for (const a of [0.97, 1, 1.03]) {
    for (const b of [0.97, 1, 1.03]) {
      if (a !== 1 || b !== 1) assert.ok(error(a * latency, b * bandwidth) > best, `${a} ${b}`);
    }
  }
  assert.ok(latency > 0.9e-5 && latency < 1.1e-5, `${latency}`);
});

Deno.test("neither latency nor bandwidth becomes negative", () => {
  const faster = fitLink([{ bytes: 1e6, seconds: 2e-3 }, { bytes: 2e6, seconds: 1e-3 }]);
  assert.equal(faster.bandwidth, Infinity);
  assert.ok(faster.latency > 0);
  const steeper = fitLink([{ bytes: 1e3, seconds: 1e-6 }, { bytes: 1e6, seconds: 1e-2 }]);
  assert.equal(steeper.latency, 0);
  assert.ok(steeper.bandwidth > 0 && Number.isFinite(steeper.bandwidth));
  assert.throws(() => fitLink([{ bytes: 1, seconds: 1 }]), /Cannot fit a line to 1 times/);
});

Deno.test("seconds of exchanges: by group and kind where that was measured, staged bytes through the host", () => {
  const scatter: Traffic = {
    group: "data",
    label: "gradients",
    kind: "reduceScatter",
    count: 3,
    bytes: 6e9,
    staged: 12e9,
  };
  const figures = { latency: 0.5, bandwidth: 2e9, staging: 4e9 };
  assert.deepEqual(trafficSeconds(scatter, figures), { network: 1.5 + 3, staging: 3 });
  assert.deepEqual(trafficSeconds({ ...scatter, staged: 0 }, figures), { network: 4.5, staging: 0 });
  const measured: MeasuredNetwork = {
    links: [
      { group: "data", kind: "allGather", latency: 1, bandwidth: 1e9, times: [] },
      { group: "data", kind: "reduceScatter", latency: 2, bandwidth: 3e9, times: [] },
    ],
    staging: 1e9,
  };
  assert.deepEqual(trafficSeconds(scatter, measured), { network: 6 + 2, staging: 12 });
  assert.deepEqual(trafficSeconds({ ...scatter, kind: "allToAll" }, measured), {
    network: 3 + 6,
    staging: 12,
  });
});
