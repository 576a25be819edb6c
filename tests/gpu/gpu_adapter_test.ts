// The optional features that tests of kernels depend on: what the adapter lacks is reported here as ignored.
import assert from "node:assert/strict";
import { families, needsHalf, needsSubgroups, testDevice } from "../support/device.ts";

Deno.test(
  `the kernel family subgroup runs on this adapter${needsSubgroups.reason}`,
  needsSubgroups,
  async () => {
    assert.ok(families.includes("subgroup"));
    assert.equal((await testDevice("subgroup")).subgroup, 8);
  },
);

Deno.test(`half precision runs on this adapter${needsHalf.reason}`, needsHalf, async () => {
  assert.ok((await testDevice("shared")).f16);
  assert.ok(!(await testDevice("plain")).f16, "the plain family leaves it unused");
});
