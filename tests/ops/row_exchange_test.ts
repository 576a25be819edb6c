// Exchanges as ops: their backward, what the save policies record again, and recordings that sum.
import assert from "node:assert/strict";
import { isDispatch, Recorder, type Save } from "../../src/gpu/mod.ts";
import { gatherRows, linear, rmsnorm, scatterRows, sumRows, upload } from "../../src/ops/mod.ts";
import { testDevice } from "../support/device.ts";

const device = await testDevice();

/** Returns the kinds of the exchanges of a block: a norm, two layers, one cut by its outputs, one by its inputs. */
function exchangesOf(save: Save): { forward: string[]; backward: string[] } {
  const r = new Recorder(device, save);
  const weight = (name: string, shape: number[]) => {
    const made = r.tensor(name, shape);
    made.gradSum = r.tensor(`d${name}`, shape);
    return made;
  };
  const [norm, up, down] = [weight("norm", [6]), weight("up", [10, 6]), weight("down", [6, 10])];
  const y = r.block(r.tensor("x", [4, 6]), (x) => {
    const wide = linear(r, "up", gatherRows(r, rmsnorm(r, x, norm, 1e-6), 2), up);
    return scatterRows(r, linear(r, "down", wide, down), 2);
  });
  y.grad = r.tensor("dy", y.shape);
  r.backward();
  const kinds = (calls: typeof r.calls) => calls.flatMap((call) => isDispatch(call) ? [] : [call.exchange]);
  return { forward: kinds(r.calls.slice(0, r.forwardCalls)), backward: kinds(r.calls.slice(r.forwardCalls)) };
}

Deno.test("gather and scatter are each other's backward; linear gathers an input again, block all", () => {
  const forward = ["gather", "scatter"];
  assert.deepEqual(exchangesOf("all"), { forward, backward: ["gather", "scatter"] });
  assert.deepEqual(exchangesOf("linear"), { forward, backward: ["gather", "gather", "scatter"] });
  assert.deepEqual(exchangesOf("block"), { forward, backward: ["gather", "scatter", "gather", "scatter"] });
});

Deno.test("a sum is for recordings without gradients", () => {
  const x = upload(device, "x", { shape: [3, 2], data: new Float32Array(6) });
  assert.throws(() => sumRows(new Recorder(device), x, 2), /scatter them/);
  assert.deepEqual(sumRows(new Recorder(device, "all", false), x, 2).shape, [3, 2]);
  device.free(x.range().buffer);
});
