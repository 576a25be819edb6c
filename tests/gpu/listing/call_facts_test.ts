import assert from "node:assert/strict";
import { Recorder } from "../../../src/gpu/mod.ts";
import {
  bytesOfCall,
  kindOf,
  partOf,
  resultOf,
  shortName,
  tensorsOf,
} from "../../../src/gpu/listing/call_facts.ts";
import { device, recorded } from "./recorded.ts";

const { calls } = recorded();
const [norm, gate] = calls;

Deno.test("a call's part, kernel and results in the words of a listing", () => {
  assert.equal(partOf(norm), "block 0");
  assert.equal(partOf({ ...norm, scope: "" }), "model");
  assert.equal(partOf({ ...norm, scope: "encoder" }), "encoder");
  assert.equal(resultOf(norm), "norm, rms");
  assert.equal(resultOf(gate), "gated");
  assert.equal(gate.kernel?.name, "swiglu WG=64");
  assert.equal(shortName(gate), "swiglu");
});

Deno.test("a call's bytes are those of its tensors, each once", () => {
  assert.equal(bytesOfCall(norm), 4 * (4 * 32 + 32 + 4 * 32 + 4));
  const r = new Recorder(device);
  const a = r.tensor("a", [8]);
  r.sum("twice", a, a);
  assert.equal(bytesOfCall(r.calls[0]), 4 * (8 + 8));
  assert.deepEqual(tensorsOf(r.calls[0]).map(({ binding, writes }) => [binding, writes]), [
    ["a", false],
    ["b", false],
    ["y", true],
  ]);
});

Deno.test("calls of one kernel on equal shapes are of one kind", () => {
  const norms = calls.filter((call) => shortName(call) === "rmsnorm");
  assert.equal(kindOf(norms[0]), kindOf(norms[1]));
  assert.notEqual(kindOf(norms[0]), kindOf(gate));
});
