/**
 * Writer of GGUF files, in one pass.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { writeAtomically } from "../atomic_file.ts";
import { concat } from "../bytes.ts";
import { VALUE_TYPES } from "./header.ts";
import { packBlocks, type WrittenType } from "./gguf_pack.ts";
import { PACKINGS } from "./types.ts";
import { elementsOf } from "../tensors/matrix.ts";

/** A value with its type in the file. */
export type WrittenValue =
  | { type: "u32" | "i32" | "f32"; value: number | readonly number[] }
  | { type: "bool"; value: boolean }
  | { type: "string"; value: string | readonly string[] };

/** A tensor to write. */
export interface WrittenTensor {
  /** Its name. */
  name: string;
  /** Lengths of its dimensions, outermost first. */
  shape: readonly number[];
  /** Packing of its numbers; a row of Q8_0 has a multiple of 32 numbers. */
  type: WrittenType;
}

/** Alignment of every tensor, in bytes. */
const ALIGNMENT = 32;

/**
 * Writes values and tensors to `path`, replacing an earlier file only when the new one is complete on the disk.
 *
 * @param data the numbers of each tensor in order, in parts of whole rows
 * @throws {ConfigError} when the numbers do not fill a tensor's shape, or one is too large for its packing
 */
export async function writeGguf(
  path: string,
  values: ReadonlyMap<string, WrittenValue>,
  tensors: readonly WrittenTensor[],
  data: AsyncIterable<AsyncIterable<Float32Array<ArrayBuffer>>>,
  signal?: AbortSignal,
): Promise<void> {
  await writeAtomically(path, async (write) => {
    await write(headerOf(values, tensors));
    const next = tensors.values();
    for await (const parts of data) {
      const { value: tensor } = next.next();
      if (!tensor) throw new ConfigError(`Cannot write ${path}: the data has more tensors than were named`);
      let length = 0;
      let written = 0;
      for await (const part of parts) {
        const bytes = packBlocks(tensor.type, part, tensor.name);
        length += part.length;
        written += bytes.length;
        await write(bytes);
      }
      if (length !== elementsOf(tensor.shape)) {
        throw new ConfigError(
          `Cannot write ${path}: ${tensor.name} has ${length} of ${elementsOf(tensor.shape)} numbers`,
        );
      }
      await write(new Uint8Array(aligned(written) - written));
    }
    const missing = next.next().value;
    if (missing) throw new ConfigError(`Cannot write ${path}: the data of ${missing.name} is missing`);
  }, signal);
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function headerOf(values: ReadonlyMap<string, WrittenValue>, tensors: readonly WrittenTensor[]): Uint8Array {
  const parts = [
    new TextEncoder().encode("GGUF"),
    numbers("u32", [3]),
    u64(tensors.length),
    u64(values.size),
  ];
  for (const [name, value] of values) parts.push(text(name), valueOf(value));
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    const { id, weights, bytes } = PACKINGS[type];
    parts.push(
      text(name),
      numbers("u32", [shape.length]),
      ...shape.toReversed().map(u64),
      numbers("u32", [id]),
    );
    parts.push(u64(offset));
    offset += aligned(elementsOf(shape) / weights * bytes);
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concat([...parts, new Uint8Array(aligned(length) - length)]);
}

function valueOf({ type, value }: WrittenValue): Uint8Array<ArrayBuffer> {
  const kind = (name: typeof VALUE_TYPES[number]) => numbers("u32", [VALUE_TYPES.indexOf(name)]);
  if (type === "bool") return concat([kind(type), Uint8Array.of(value ? 1 : 0)]);
  const list: readonly (number | string)[] = Array.isArray(value) ? value : [value as number | string];
  const head = Array.isArray(value) ? [kind("array"), kind(type), u64(list.length)] : [kind(type)];
  const body = type === "string" ? (list as string[]).map(text) : [numbers(type, list as number[])];
  return concat(head.concat(body));
}

function numbers(type: "u32" | "i32" | "f32", values: readonly number[]): Uint8Array<ArrayBuffer> {
  const array = { u32: Uint32Array, i32: Int32Array, f32: Float32Array }[type].from(values);
  return new Uint8Array(array.buffer);
}

function u64(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}

function text(value: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(value);
  return concat([u64(bytes.length), bytes]);
}
