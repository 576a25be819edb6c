/**
 * A recording of blocks with their backward pass, without a device.
 *
 * @module
 */
import { type Call, type DeviceProfile, Recorder, type Tensor } from "../../../src/gpu/mod.ts";
import { rmsnorm, softmax, swiglu } from "../../../src/ops/mod.ts";

/** A device of the family `plain` that no machine has to have. */
export const device: DeviceProfile = {
  family: "plain",
  subgroup: 0,
  subgroups: false,
  int64: false,
  f16: false,
  limits: {
    maxBufferSize: 2 ** 30,
    maxStorageBufferBindingSize: 2 ** 30,
    maxComputeWorkgroupStorageSize: 2 ** 14,
  },
};

/** Records `blocks` blocks, each y = softmax(swiglu(rmsnorm(x))) on an x [4, 32] of its own, forward and backward. */
export function recorded(blocks = 2): { calls: readonly Call[]; forwardCalls: number } {
  const r = new Recorder(device);
  const weight = r.tensor("g", [32]);
  weight.gradSum = r.tensor("dg", [32]);
  const ends: Tensor[] = [];
  for (let l = 0; l < blocks; l++) {
    r.scope(`${l}`, () => ends.push(softmax(r, swiglu(r, rmsnorm(r, r.tensor("x", [4, 32]), weight, 1e-6)))));
  }
  for (const y of ends) y.grad = r.tensor("dy", y.shape);
  r.backward();
  return { calls: r.calls, forwardCalls: r.forwardCalls! };
}
