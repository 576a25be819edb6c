import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { findCall } from "../../../src/gpu/listing/find_call.ts";
import { recorded } from "./recorded.ts";

const { calls, forwardCalls } = recorded();
const at = (which: number | string) => findCall(calls, forwardCalls, which);
const names = calls.map(({ kernel, scope }) => `${scope} ${kernel?.name.split(" ")[0]}`);

Deno.test("a call is found by its number, by its kernel, its part and its direction", () => {
  assert.equal(at(3), 3);
  assert.equal(at("softmax"), names.indexOf("0 softmax"));
  assert.equal(at("block 1 softmax"), names.indexOf("1 softmax"));
  assert.equal(at("Layer 1, softmax"), at("block 1 softmax"));
  assert.equal(at("block 0 softmax backward"), names.indexOf("0 softmax_grad"));
  assert.equal(at("backward rmsnorm_grad block 1"), names.indexOf("1 rmsnorm_grad"));
});

Deno.test("a call is found by what it writes; whole names go before parts of names", () => {
  assert.equal(at("gated"), names.indexOf("0 swiglu"));
  assert.equal(names[at("rmsnorm block 1 forward")], "1 rmsnorm");
  assert.equal(at("swig"), names.indexOf("0 swiglu"));
});

Deno.test("a call that is not there is an error that says what there is", () => {
  assert.throws(() => at(calls.length), (error: ConfigError) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /^Cannot find call \d+: the program has \d+ calls, numbered from 0$/);
    return true;
  });
  assert.throws(
    () => at("block 7 softmax"),
    /Cannot find a call "block 7 softmax": .*rmsnorm, swiglu, softmax/,
  );
  assert.throws(() => at("  "), ConfigError);
});
