/**
 * The Gaussian error linear unit (Hendrycks and Gimpel 2016), the activation of GPT-2 and BERT.
 *
 *     y = x Phi(x)                      Phi(x) = (1 + erf(x / sqrt(2))) / 2
 *     dx = dy (Phi(x) + x phi(x))       phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
 *
 * where x and y are [R, F]. Phi is the exact one and not the approximation by tanh: it is the definition, and what
 * PyTorch's `gelu` computes unless told otherwise. WGSL has no erf: Phi(-z) exp(z^2 / 2) is a polynomial in
 * 1 / (1 + 0.3 z), fitted for this file, off by less than 3e-8; the rest is the rounding of f32.
 *
 * @module
 */
import type { Recorder, Tensor } from "../gpu/mod.ts";
import { elementwise } from "./elementwise.ts";
import forwardSource from "./gelu.wgsl" with { type: "text" };
import gradSource from "./gelu_grad.wgsl" with { type: "text" };

/** WGSL of Phi and phi of each element of a `Vec`, by the floats in it. */
const normal = (width: 1 | 4 | 8) => {
  const part = `alias Part = ${width === 1 ? "f32" : "vec4<f32>"};
fn densityOf(x: Part) -> Part { return 0.3989422804 * exp(-0.5 * x * x); }
fn shareOf(x: Part) -> Part {
  let z = min(abs(x), Part(14.0)); // beyond it the tail is 0 in f32
  let t = Part(1.0) / (Part(1.0) + 0.3 * z);
  var s = 0.0016489425 * t + 0.028701555;
  s = s * t - 0.14488165;
  s = s * t + 0.19452876;
  s = s * t - 0.046974916;
  s = s * t + 0.12626788;
  s = s * t + 0.10037334;
  s = s * t + 0.12070464;
  s = s * t + 0.11963146;
  let tail = s * t * exp(-0.5 * z * z);
  return select(tail, Part(1.0) - tail, x > Part(0.0));
}
`;
  return width === 8
    ? `${part}fn density(v: Vec) -> Vec { return Vec(densityOf(v[0]), densityOf(v[1])); }
fn share(v: Vec) -> Vec { return Vec(shareOf(v[0]), shareOf(v[1])); }\n`
    : `${part}fn density(v: Vec) -> Vec { return densityOf(v); }
fn share(v: Vec) -> Vec { return shareOf(v); }\n`;
};

/** Records y = x Phi(x) of `x` [R, F] and its backward; returns y [R, F]. */
export function gelu(r: Recorder, x: Tensor): Tensor {
  return elementwise(r, x, { name: "gelu", forward: forwardSource, grad: gradSource, functions: normal });
}
