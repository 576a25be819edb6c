// Guards of runs: the newest that is on counts, and the newest of all is remembered.
import assert from "node:assert/strict";
import { currentRun, guardRun, newestRun } from "../../src/parallel/run_guard.ts";

Deno.test("a run is on until its guard ends, also inside of another one", () => {
  assert.equal(currentRun(), undefined);
  const outer = guardRun({ timeout: 7, folder: "outer" });
  const inner = guardRun({ step: () => 3 });
  assert.equal(currentRun()?.step?.(), 3);
  inner();
  inner();
  assert.equal(currentRun()?.timeout, 7);
  outer();
  assert.equal(currentRun(), undefined);
  assert.equal(newestRun()?.step?.(), 3);
});
