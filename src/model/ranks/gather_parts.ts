/**
 * Whole tensors out of the parts that the processes of a model hold.
 *
 * @module
 */
import type { Group } from "../../base/exchange.ts";
import { addInOrder } from "../../parallel/ordered_sum.ts";
import type { NamedWeights } from "../weights/named_weights.ts";
import type { Parameter, ParameterLayout } from "../weights/weight_layout.ts";

/** Settings of {@linkcode gatherParts}. */
interface GatherSettings {
  /** Adds the tensors that every process has, as gradients by its own rows are; default: each keeps its own. */
  sum?: boolean;
}

/**
 * Returns every parameter whole, on every process of the group, in the order of the layout.
 *
 * @param held what this process holds, by the names of parameters
 */
export async function gatherParts(
  group: Group,
  { parameters }: ParameterLayout,
  held: NamedWeights,
  { sum = false }: GatherSettings = {},
): Promise<NamedWeights> {
  if (group.size === 1) return held;
  const whole: NamedWeights = new Map();
  for (const parameter of parameters) {
    const own = held.get(parameter.name)!;
    const all = parameter.part || sum ? await fromAll(group, own) : [own];
    whole.set(parameter.name, parameter.part ? joinParts(parameter, all) : sum ? addInOrder(all) : own);
  }
  return whole;
}

/** Returns the numbers of all processes, of which each may have another count. */
async function fromAll(group: Group, own: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>[]> {
  const bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
  const all = await group.allToAll(Array.from({ length: group.size }, () => bytes), "weights");
  return all.map((bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
}

/**
 * Returns rows whose columns lie in sections, of which each process holds a part, with the columns of all: section by section,
 * and in a section process by process.
 *
 * @param own [rows, columns that this process holds]
 * @param widths the columns that process `rank` holds of each section
 */
export async function gatherColumns(
  group: Group,
  own: Float32Array<ArrayBuffer>,
  rows: number,
  widths: (rank: number) => readonly number[],
): Promise<Float32Array<ArrayBuffer>> {
  if (group.size === 1) return own;
  const all = await fromAll(group, own);
  const total = all.reduce((sum, { length }) => sum + length / rows, 0);
  const out = new Float32Array(rows * total);
  let to = 0;
  for (const section of widths(0).keys()) {
    all.forEach((part, rank) => {
      const held = widths(rank);
      const from = held.slice(0, section).reduce((a, b) => a + b, 0);
      const [stride, width] = [part.length / rows, held[section]];
      for (let row = 0; row < rows; row++) {
        out.set(part.subarray(row * stride + from, row * stride + from + width), row * total + to);
      }
      to += width;
    });
  }
  return out;
}

/** Joins the parts of all processes: one below another, or side by side where they have all rows. */
function joinParts({ shape, part }: Parameter, parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const [rows, cols] = part!.shape;
  const out = new Float32Array(rows * cols);
  let first = 0;
  if (shape[1] === cols) {
    for (const one of parts) {
      out.set(one, first);
      first += one.length;
    }
    return out;
  }
  for (const one of parts) {
    const width = one.length / rows;
    for (let row = 0; row < rows; row++) {
      out.set(one.subarray(row * width, (row + 1) * width), row * cols + first);
    }
    first += width;
  }
  return out;
}
