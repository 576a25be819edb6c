import assert from "node:assert/strict";
import { timeBoxed, TimeoutError } from "../../src/base/time_box.ts";

Deno.test("work within its limit returns its result, or throws its own error", () => {
  assert.equal(timeBoxed(10_000, () => timeBoxed(10_000, () => "inner") + "!"), "inner!");
  class Own extends Error {}
  assert.throws(() =>
    timeBoxed(10_000, () => {
      throw new Own("x");
    }), Own);
});

Deno.test("endless work is stopped, in a loop, in a regular expression and within other work", () => {
  const endless = () => {
    for (;;);
  };
  assert.throws(() => timeBoxed(20, endless), (e: Error) => e instanceof TimeoutError && e.limit === 20);
  assert.throws(() => timeBoxed(20, () => /^(a+)+$/.test("a".repeat(50) + "b")), TimeoutError);
  const inner = () => {
    try {
      return timeBoxed(20, endless);
    } catch {
      return "stopped";
    }
  };
  assert.equal(timeBoxed(60_000, inner), "stopped");
});
