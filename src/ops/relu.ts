/**
 * The rectified linear unit (Nair and Hinton 2010), the activation of the first transformer.
 *
 *     y = max(x, 0)
 *     dx = dy where x > 0, else 0
 *
 * where x and y are [R, F]. At 0, where the derivative jumps, it is taken as 0.
 *
 * @module
 */
import type { Recorder, Tensor } from "../gpu/mod.ts";
import { elementwise } from "./elementwise.ts";
import forwardSource from "./relu.wgsl" with { type: "text" };
import gradSource from "./relu_grad.wgsl" with { type: "text" };

/** WGSL of `keepPositive(d, v)`, the elements of `d` where those of `v` are positive, by the floats in a `Vec`. */
const keepPositive = (width: 1 | 4 | 8) => {
  const part = width === 1 ? "f32" : "vec4<f32>";
  const kept = (d: string, v: string) => `select(${part}(), ${d}, ${v} > ${part}())`;
  const value = width === 8 ? `Vec(${kept("d[0]", "v[0]")}, ${kept("d[1]", "v[1]")})` : kept("d", "v");
  return `fn keepPositive(d: Vec, v: Vec) -> Vec { return ${value}; }\n`;
};

/** Records y = max(x, 0) of `x` [R, F] and its backward; returns y [R, F]. */
export function relu(r: Recorder, x: Tensor): Tensor {
  return elementwise(r, x, {
    name: "relu",
    forward: forwardSource,
    grad: gradSource,
    functions: keepPositive,
  });
}
