import assert from "node:assert/strict";
import { groupsOf } from "../../../src/gpu/listing/call_groups.ts";
import { bytesOfCall } from "../../../src/gpu/listing/call_facts.ts";
import { recorded } from "./recorded.ts";

Deno.test("neighbouring calls of a block and a direction are a group, in order and without gaps", () => {
  const { calls, forwardCalls } = recorded(3);
  const groups = groupsOf(calls, forwardCalls);
  assert.deepEqual(groups.map(({ part, pass, first, end }) => [part, pass, end - first]), [
    ["block 0", "forward", 3],
    ["block 1", "forward", 3],
    ["block 2", "forward", 3],
    ["block 2", "backward", 4],
    ["block 1", "backward", 4],
    ["block 0", "backward", 4],
  ]);
  assert.deepEqual(groups.map(({ first }) => first), [0, ...groups.slice(0, -1).map(({ end }) => end)]);
  assert.equal(groups.at(-1)!.end, calls.length);
  assert.equal(
    groups.reduce((sum, { bytes }) => sum + bytes, 0),
    calls.reduce((sum, c) => sum + bytesOfCall(c), 0),
  );
});

Deno.test("a group names the first one with the same kernels on the same shapes", () => {
  const { calls, forwardCalls } = recorded(3);
  assert.deepEqual(groupsOf(calls, forwardCalls).map(({ like }) => like), [undefined, 0, 0, undefined, 3, 3]);
  const other = calls.map((call, i) =>
    i === 4 ? { ...call, args: { ...call.args, y: calls[0].args.x } } : call
  );
  assert.equal(groupsOf(other, forwardCalls)[1].like, undefined);
});
