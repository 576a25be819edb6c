// The optional features that tests of kernels depend on: what the adapter lacks is reported here as ignored.
import assert from "node:assert/strict";
import { families, needsHalf, needsSubgroups, testDevice } from "../support/device.ts";

Deno.test(
  `the kernel family subgroup runs on this adapter${needsSubgroups.reason}`,
  needsSubgroups,
  async () => {
    assert.ok(families.includes("subgroup"));
    assert.ok([4, 8, 16].includes((await testDevice("subgroup")).subgroup));
  },
);

Deno.test(`half precision runs on this adapter${needsHalf.reason}`, needsHalf, async () => {
  assert.ok((await testDevice("shared")).f16);
  assert.ok(!(await testDevice("plain")).f16, "the plain family leaves it unused");
});
