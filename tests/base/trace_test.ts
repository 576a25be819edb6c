// Traces of ranks against events that were made by hand.
import assert from "node:assert/strict";
import { chromeTrace, overlapOf, type TraceEvent, Tracer } from "../../src/base/trace.ts";
import { loopback } from "../../src/parallel/loopback.ts";

const event = (kind: TraceEvent["kind"], name: string, begin: number, end: number): TraceEvent => {
  return { kind, name, begin, end };
};

Deno.test("the overlap is the share of exchanges under the union of computations", () => {
  const events = [
    event("compute", "segment 0", 0, 10),
    event("compute", "segment 1", 8, 12), // together 0 to 12
    event("compute", "segment 2", 20, 30),
    event("exchange", "gradients", 5, 15), // 7 of 10
    event("exchange", "weights", 29, 39), // 1 of 10
    event("wait", "gradients", 30, 39),
  ];
  assert.equal(overlapOf(events), 8 / 20);
  assert.equal(overlapOf(events, "gradients"), 7 / 10);
  assert.equal(overlapOf(events, "loss"), 0);
});

Deno.test("a long run's events are written, and its overlap is that of plain loops", () => {
  const many = Array.from({ length: 200_000 }, (_, i) => event("wait", "gradients", 200_000 - i, 200_001));
  const { traceEvents } = JSON.parse(chromeTrace([many]));
  assert.equal(Math.min(...traceEvents.slice(-9).map(({ ts }: { ts: number }) => ts)), 0);

  const random = (i: number) => Math.abs(Math.sin(i) * 1000) % 100;
  const some = Array.from({ length: 300 }, (_, i) => {
    const begin = Math.floor(10 * random(i));
    return event(i % 2 ? "compute" : "exchange", "x", begin, begin + Math.floor(random(7 * i) / 20));
  });
  let [total, hidden] = [0, 0];
  const at = (kind: string, time: number) =>
    some.filter((one) => one.kind === kind && one.begin <= time && time < one.end).length;
  for (let time = 0; time < 1100; time++) {
    total += at("exchange", time);
    if (at("compute", time)) hidden += at("exchange", time);
  }
  assert.equal(overlapOf(some), hidden / total);
});

Deno.test("Chrome's trace names ranks and kinds, in microseconds from the first event", () => {
  const { traceEvents } = JSON.parse(chromeTrace([
    [event("compute", "segment 0", 1000, 1002.5)],
    [{ ...event("exchange", "gradients", 1001, 1004), bytes: 8 }],
  ]));
  const [first, second] = traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
  assert.deepEqual(first, { ph: "X", name: "segment 0", cat: "compute", pid: 0, tid: 0, ts: 0, dur: 2500 });
  assert.deepEqual(second, {
    ph: "X",
    name: "gradients",
    cat: "exchange",
    pid: 1,
    tid: 2,
    ts: 1000,
    dur: 3000,
    args: { bytes: 8 },
  });
  const named = traceEvents.filter(({ name }: { name: string }) => name === "process_name");
  assert.deepEqual(named.map(({ args }: { args: unknown }) => args), [{ name: "rank 0" }, {
    name: "rank 1",
  }]);
});

Deno.test("a tracer keeps the newest events and takes them to the clock of rank 0", async () => {
  const [first, second] = await loopback(2, async (world) => {
    const tracer = new Tracer();
    const now = tracer.now.bind(tracer);
    if (world.rank === 1) tracer.now = () => now() + 5000; // a clock that is ahead
    await tracer.align(world);
    for (let i = 0; i < 50_000; i++) tracer.add("copy", `${i}`, tracer.now());
    return tracer.events();
  });
  assert.equal(first.length, 20_000);
  assert.equal(first.at(-1)!.name, "49999");
  assert.ok(Math.abs(second[0].begin - first[0].begin) < 2500);
});
