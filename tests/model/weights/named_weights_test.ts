// Weights given by name that do not fit a model: they are refused, and the model keeps those that it has.
import assert from "node:assert/strict";
import { FormatError } from "../../../src/base/errors.ts";
import { Model } from "../../../src/model/mod.ts";
import { testDevice } from "../../support/device.ts";

const shape = { dim: 16, layers: 1, heads: 2, hidden: 21, vocabSize: 53, context: 8 };
const output = "lm_head.weight";

Deno.test("weights of another length, or too few of them, are refused and replace nothing", async () => {
  using model = await Model.create(shape, { device: await testDevice() });
  const before = await model.parameters();
  const others = new Map([...before].map(([name, data]) => [name, data.map((x) => x + 1)]));
  const size = 53 * 16;
  const cases: [Map<string, Float32Array>, RegExp][] = [
    [
      new Map(others).set(output, new Float32Array(size - 16)),
      /lm_head.weight has 832 numbers, its shape \[53, 16\] asks for 848/,
    ],
    [new Map(others).set(output, new Float32Array(size + 3)), /lm_head.weight has 851 numbers/],
    [new Map([...others].filter(([name]) => name !== output)), /tensor lm_head.weight is missing/],
  ];
  for (const [weights, message] of cases) {
    assert.throws(
      () => model.setParameters(weights),
      (error) => error instanceof FormatError && message.test(error.message),
    );
    assert.deepEqual(await model.parameters(), before);
  }
});
