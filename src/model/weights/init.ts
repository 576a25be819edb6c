/**
 * Initial weights: normal(0, 0.02), the two matrices that write into the residual stream divided by sqrt(2 layers), norms
 * 1, biases 0.
 *
 * The paper gives none; these are those of GPT-2 and its followers [ours].
 *
 * @module
 */
import { Random } from "../../base/random.ts";
import { columnsOf, type FileMatrix } from "../../formats/tensors/matrix.ts";
import type { Parameter, WeightLayout } from "./weight_layout.ts";

/**
 * Returns every parameter as a matrix, whole, that is drawn as it is read: once and from its first row to its last. Each has
 * a random stream of its own, so that the order of parameters does not matter.
 */
export function initialWeights(layout: WeightLayout, seed: number): Map<string, FileMatrix> {
  return new Map(layout.parameters.map((parameter) => [parameter.name, drawn(parameter, layout, seed)]));
}

function drawn({ name, part, shape: held }: Parameter, { config }: WeightLayout, seed: number): FileMatrix {
  const shape = part?.shape ?? held;
  const residual = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
  const deviation = residual ? 0.02 / Math.sqrt(2 * config.layers) : 0.02;
  const random = new Random(seed).fork(name);
  const read = (_start: number, count: number) => {
    const data = new Float32Array(count * columnsOf(shape));
    if (shape.length === 1) return Promise.resolve(data.fill(name.endsWith(".bias") ? 0 : 1));
    for (let i = 0; i < data.length; i++) data[i] = random.normal() * deviation;
    return Promise.resolve(data);
  };
  return { file: "initial weights", shape, read };
}
