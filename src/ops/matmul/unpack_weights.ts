/**
 * Weights of few bytes as floats, for products of so many rows that each weight is used often: a matrix of bytes with
 * scales (dtype "q8"), or of packed halves where the device has no shader-f16, is unpacked into scratch memory before it
 * is multiplied.
 *
 * @module
 */
import {
  type DType,
  grid2d,
  type Kernel,
  kernel,
  q8Block,
  type Recorder,
  type Tensor,
} from "../../gpu/mod.ts";
import { over, range, unroll } from "../unroll.ts";
import { store, vec8LayoutOf } from "../vec8.ts";
import { groupOf, type GroupSize, groupUnits, type Units, unitsOf } from "./weight_units.ts";
import template from "./unpack_weights.wgsl" with { type: "text" };

/** Records y = w for a matrix `w` [N, K] of f32, f16 or q8 and returns y, of type `dtype`. */
export function unpackWeights(r: Recorder, w: Tensor, dtype: DType): Tensor {
  const { device } = r;
  const [N, K] = [w.rows, w.cols];
  const group = groupOf(device, K, w.stride);
  const from = unitsOf(device, w.dtype, group, K, w.stride);
  const to = groupUnits(device, dtype, group);
  const y = r.tensor(`${w.name}.floats`, [N, K], dtype);
  const put = (place: string, name: string) =>
    group === 8
      ? store(vec8LayoutOf(device, y), "y", place, `${name}l`, `${name}h`)
      : `y[${place}] = ${group === 4 ? `vec4<${dtype}>` : dtype}(${name});`;
  const arrayY = group === 8 ? to.array : `array<${group === 4 ? `vec4<${dtype}>` : dtype}>`;
  const made = kernelOf(group, from, to, arrayY, w.scales !== undefined, put);
  const units = K / from.size;
  const params = { rows: N, units, ldw: w.stride / from.size, ldy: K / group };
  r.call(made, { w, ...w.scales && { scales: w.scales }, y }, params, grid2d(Math.ceil(N * units / 64)));
  return y;
}

const kernels = new Map<string, Kernel>();

function kernelOf(
  group: GroupSize,
  from: Units,
  to: Units,
  arrayY: string,
  scaled: boolean,
  put: (place: string, name: string) => string,
): Kernel {
  const name = `unpack_weights ${from.key} by ${group} to ${arrayY}`;
  const known = kernels.get(name);
  if (known) return known;
  const text = unroll(template, {
    names: {
      scaled,
      arrayW: from.array,
      arrayY,
      functions: [...new Set([from.functions, to.functions])].join(""),
      last: scaled ? 3 : 2,
      count: from.size / group,
      perBlock: q8Block / from.size,
    },
    indices: { g: over("g", range(from.size / group)) },
    macros: {
      load: (name, place) => from.load(name, "w", place),
      unpack: (name, raw, g) => from.unpack(name, raw, Number(g), scaled ? "scale" : undefined),
      store: (place, name) => put(place, name),
    },
  });
  const made = kernel(name, text, {}, "", template);
  kernels.set(name, made);
  return made;
}
