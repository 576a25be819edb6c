/**
 * Small models with other parts than the paper's, and parts of a user's own.
 *
 * @module
 */
import { grid2d, kernel, type Recorder, type Tensor } from "../../src/gpu/mod.ts";
import {
  block,
  embed,
  Model,
  type ModelParts,
  normalise,
  type OwnActivation,
  type OwnForward,
} from "../../src/model/mod.ts";
import { testDevice } from "../support/device.ts";

/** The shape of all of them. */
export const shape = { dim: 32, layers: 2, heads: 2, vocabSize: 60, context: 24 };
/** The parts that the paper replaced. */
export const other = { norm: "layer", activation: "gelu", position: "learned" } as const;

/** Makes a model with weights far from 0, so that a mistake shows. */
export async function make(
  parts: ModelParts | OwnForward,
  more: Record<string, unknown> = {},
): Promise<Model> {
  const model = await Model.create(shape, { parts, device: await testDevice(), ...more });
  const weights = await model.parameters();
  for (const [name, data] of weights) {
    if (!name.includes("norm")) data.forEach((x, i) => data[i] = 8 * x);
    else data.forEach((x, i) => data[i] = x + (i % 5 - 2) / 10);
  }
  model.setParameters(weights);
  return model;
}

/** Returns token ids that follow one another in steps. */
export const ids = (count: number, step = 7) =>
  Uint32Array.from({ length: count }, (_, i) => (i * step + 3) % 60);

/** Two sequences with targets. */
export const rows = [{ ids: ids(12), targets: ids(12, 11) }, { ids: ids(12, 5), targets: ids(12, 13) }];

/** relu(x)^2 with a kernel and a backward pass of its own. */
export const squaredRelu: OwnActivation = { name: "squared-relu", forward: squared };

const source = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
struct Params { size: u32, factor: f32 }
@group(0) @binding(3) var<uniform> p: Params;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
  let i = (w.y * groups.x + w.x) * 64u + lane;
  if (i < p.size) { y[i] = p.factor * max(a[i], 0.0) * b[i]; }
}`;

/** Records relu(x)^2 and its backward pass. */
export function squared(r: Recorder, x: Tensor): Tensor {
  const times = (a: Tensor, b: Tensor, factor: number) => {
    const y = r.tensor("squared", a.shape);
    r.call(kernel("squared", source), { a, b, y }, { size: a.size, factor }, grid2d(Math.ceil(a.size / 64)));
    return y;
  };
  const make = (x: Tensor) => times(x, x, 1);
  const y = r.recomputable(make(x), () => make(r.forBackward(x)));
  r.onBackward(() => r.grad(x, times(r.forBackward(x), y.grad!, 2)));
  return y;
}

/** The paper's block, written out of the parts of `llama`. */
export const written: OwnForward = {
  name: "written out",
  forward: (r, weights, input, config) => {
    let x = embed(r, weights, input);
    weights.layers.forEach((w, l) => {
      x = r.scope(`${l}`, () => r.block(x, (x) => block(r, x, w, input, config, l)));
    });
    return normalise(r, x, config, weights.norm, weights.normBias);
  },
};
