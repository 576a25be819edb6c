// The golden ops of parts that the paper replaced.
import type { Device } from "../../src/gpu/mod.ts";
import { gelu, layernorm, learnedPositions, relu, runOp } from "../../src/ops/mod.ts";
import { type Arrays, type Case, floats, ints, values } from "./golden_cases.ts";

/** Returns the parts of an op's result by their names in the golden file. */
export const otherParts: Record<string, (device: Device, c: Case) => Promise<Arrays>> = {
  async layernorm(device, c) {
    const inputs = { x: values(c, "x"), w: values(c, "w"), b: values(c, "b") };
    const eps = Number(c.attrs.eps);
    const { y, gradients } = await runOp(device, (r, { x, w, b }) => layernorm(r, x, w, b, eps), inputs, {
      dy: floats(c, "dy"),
      weights: ["w", "b"],
    });
    return { y, dx: gradients.x, dw: gradients.w, db: gradients.b };
  },

  async gelu(device, c) {
    const { y, gradients } = await runOp(device, (r, { x }) => gelu(r, x), { x: values(c, "x") }, {
      dy: floats(c, "dy"),
    });
    return { y, dx: gradients.x };
  },

  async relu(device, c) {
    const { y, gradients } = await runOp(device, (r, { x }) => relu(r, x), { x: values(c, "x") }, {
      dy: floats(c, "dy"),
    });
    return { y, dx: gradients.x };
  },

  async learned_positions(device, c) {
    const pos = Uint32Array.from(ints(c, "pos"));
    const inputs = { x: values(c, "x"), w: values(c, "w"), positions: { shape: [pos.length], data: pos } };
    const { y, gradients } = await runOp(
      device,
      (r, { x, w, positions }) => learnedPositions(r, x, w, positions),
      inputs,
      { dy: floats(c, "dy"), weights: ["w"] },
    );
    return { y, dx: gradients.x, dw: gradients.w };
  },
};
