/**
 * Weights as named arrays in host memory, on their way into an arena on the GPU and out of it.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { elementsOf } from "../../formats/tensors/matrix.ts";
import type { Device } from "../../gpu/mod.ts";
import type { ArenaRows } from "./arena.ts";
import type { ParameterStore } from "./stream_weights.ts";
import { type HeldPart, type ParameterLayout, parameterRows } from "./weight_layout.ts";

/** Arrays by the names of their parameters. */
export type NamedWeights = Map<string, Float32Array<ArrayBuffer>>;

/** Arrays with their shapes, by the names of their parameters. */
export type NamedTensors = Iterable<[string, { shape: readonly number[]; data: Float32Array }]>;

/**
 * Copies named arrays, whole tensors, into an arena, after a look at the names and lengths of all. Of a parameter that is held
 * in part that part is copied.
 *
 * @param file the file that they come from, for errors
 * @throws {FormatError} for a parameter that is missing, unknown or of another shape or length
 */
export function writeParameters(
  device: Device,
  layout: ParameterLayout,
  store: ParameterStore,
  named: NamedTensors,
  file?: string,
): void {
  const parameters = new Map(layout.parameters.map((parameter) => [parameter.name, parameter]));
  const missing = new Set(parameters.keys());
  const writes: (() => void)[] = [];
  for (const [name, { shape, data }] of named) {
    const parameter = parameters.get(name);
    if (!parameter) throw new FormatError(`tensor ${name} has no place in this model`, { file });
    const { part } = parameter;
    const wanted = part?.shape ?? parameter.shape;
    if (shape.join() !== wanted.join()) {
      throw new FormatError(
        `tensor ${name} is [${shape.join(", ")}], the config asks for [${wanted.join(", ")}]`,
        { file },
      );
    }
    const size = elementsOf(shape);
    if (data.length !== size) {
      throw new FormatError(
        `tensor ${name} has ${data.length} numbers, its shape [${shape.join(", ")}] asks for ${size}`,
        { file },
      );
    }
    missing.delete(name);
    writes.push(() => {
      const held = part ? partOfArray(data, part, parameter.shape) : data as Float32Array<ArrayBuffer>;
      store.write(device, parameterRows(parameter), held);
    });
  }
  const [first] = missing;
  if (first) throw new FormatError(`tensor ${first} is missing`, { file });
  for (const write of writes) write();
}

/** Returns the part of a whole array that is held, [rows, cols]. */
function partOfArray(
  whole: Float32Array,
  part: HeldPart,
  [rows, cols]: readonly number[],
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const start = (part.row + row) * part.shape[1] + part.col;
    out.set(whole.subarray(start, start + cols), row * cols);
  }
  return out;
}

/** Bytes read back at once: many small tensors share one wait, and host memory stays low. [ours] */
const readBytes = 64e6;

/** Copies all parameters of an arena to host memory. */
export async function readParameters(
  device: Device,
  { parameters }: ParameterLayout,
  store: ParameterStore,
): Promise<NamedWeights> {
  const all = parameters.map((parameter) => parameterRows(parameter));
  const bytesOf = ({ rows, stride }: ArenaRows) => 4 * rows * stride;
  const named: NamedWeights = new Map();
  for (let i = 0; i < all.length;) {
    let end = i;
    let total = 0;
    do total += bytesOf(all[end++]); while (end < all.length && total + bytesOf(all[end]) <= readBytes);
    for (const data of await store.read(device, all.slice(i, end))) named.set(parameters[i++].name, data);
  }
  return named;
}
