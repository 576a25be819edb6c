// Rotary scalings as users give them in a shape: what each does to the angles, and what is refused.
import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import {
  attentionFactorOf,
  frequencyDivisors,
  rotaryAngles,
} from "../../../src/model/architecture/rope_scaling.ts";
import { type ModelShape, resolveConfig } from "../../../src/model/mod.ts";

const shape: ModelShape = { dim: 64, layers: 1, heads: 2, vocabSize: 50, context: 16, ropeTheta: 500 };

Deno.test("linear scaling divides every position, dynamic scaling changes nothing within its context", () => {
  const plain = rotaryAngles(resolveConfig(shape));
  const halved = rotaryAngles(resolveConfig({ ...shape, ropeScaling: { type: "linear", factor: 2 } }));
  for (let position = 0; position < 8; position++) {
    const want = plain.subarray(position * 32, (position + 1) * 32);
    const got = halved.subarray(2 * position * 32, (2 * position + 1) * 32);
    want.forEach((x, i) => assert.ok(Math.abs(x - got[i]) < 1e-6, `${position} ${i}`));
  }
  const dynamic = { type: "dynamic", factor: 4, originalContext: 16 } as const;
  assert.deepEqual(rotaryAngles(resolveConfig({ ...shape, ropeScaling: dynamic })), plain);
  assert.throws(() => resolveConfig({ ...shape, ropeScaling: dynamic }, { context: 17 }), /at most 16/);
});

Deno.test("YaRN keeps fast frequencies, divides slow ones, and its factor of attention is 0.1 ln(factor) + 1", () => {
  const yarn = { type: "yarn", factor: 8, originalContext: 64, betaFast: 4 } as const;
  const divisors = frequencyDivisors(yarn, 32, 500);
  assert.equal(divisors[0], 1);
  assert.equal(divisors[15], 8);
  divisors.slice(1).forEach((d, i) => assert.ok(d >= divisors[i] - 1e-12, divisors.join()));
  assert.ok(Math.abs(attentionFactorOf(yarn) - (0.1 * Math.log(8) + 1)) < 1e-12);
  assert.equal(attentionFactorOf({ ...yarn, attentionFactor: 1.5 }), 1.5);
  const angles = rotaryAngles(resolveConfig({ ...shape, ropeScaling: { ...yarn, attentionFactor: 1.5 } }));
  assert.ok(Math.abs(Math.hypot(angles[5 * 32], angles[5 * 32 + 16]) - 1.5) < 1e-6, "cosines and sines grow");
});

Deno.test("a scaling with a wrong or missing field is refused by name", () => {
  const wrong: [scaling: unknown, message: RegExp][] = [
    [{ type: "longrope", factor: 2 }, /ropeScaling.type/],
    [{ type: "linear" }, /ropeScaling.factor/],
    [{ type: "linear", factor: 0 }, /ropeScaling.factor/],
    [{ type: "linear", factor: 2, betaFast: 3 }, /ropeScaling.betaFast/],
    [{ type: "yarn", factor: 2 }, /ropeScaling.originalContext/],
    [{ type: "yarn", factor: 2, originalContext: 8, truncate: 1 }, /ropeScaling.truncate/],
    [{ factor: 2, lowFrequencyFactor: 4, highFrequencyFactor: 1, originalContext: 8 }, /highFrequencyFactor/],
    [{ factor: 2 }, /ropeScaling.lowFrequencyFactor/],
  ];
  for (const [ropeScaling, message] of wrong) {
    assert.throws(() => resolveConfig({ ...shape, ropeScaling } as ModelShape), (error: Error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      return true;
    });
  }
});
