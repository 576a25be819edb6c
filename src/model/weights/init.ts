/**
 * Initial weights: normal(0, 0.02), the two matrices that write into the residual stream divided by sqrt(2 layers), norms
 * 1.
 *
 * The paper gives none; these are those of GPT-2 and its followers [ours].
 *
 * @module
 */
import { Random } from "../../base/random.ts";
import type { Parameter, WeightLayout } from "./weight_layout.ts";

/** Draws every parameter, each from a random stream of its own, so that the order does not matter. */
export function* initialParameters(
  layout: WeightLayout,
  seed: number,
): Generator<[string, { shape: number[]; data: Float32Array<ArrayBuffer> }]> {
  for (const parameter of layout.parameters) {
    yield [parameter.name, { shape: parameter.shape, data: initial(parameter, layout, seed) }];
  }
}

function initial(
  { name, shape }: Parameter,
  { config }: WeightLayout,
  seed: number,
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if (shape.length === 1) return data.fill(1);
  const residual = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
  const deviation = residual ? 0.02 / Math.sqrt(2 * config.layers) : 0.02;
  const random = new Random(seed).fork(name);
  for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
  return data;
}
