/**
 * Writer of safetensors files, in one pass and with the memory of one tensor.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, FormatError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../../base/schema.ts";
import { writeAtomically } from "../atomic_file.ts";
import { DTYPE_BYTES, dtypeOf, isDType, type SafeDType, type TensorArray } from "./dtype.ts";
import { elementsOf } from "./matrix.ts";
import { headerLength, parseHeader } from "./safetensors_header.ts";

/** The elements of a tensor to write, row-major. */
export type TensorData = TensorArray<ArrayBufferLike> | Float16Array;

/** A tensor to write. */
export interface TensorEntry extends TensorShape {
  /**
   * Its elements, or a function that returns them when they are written, so that one tensor is in memory at a time. The
   * function may also yield them in parts of any length.
   */
  data: TensorData | (() => TensorData | Promise<TensorData> | AsyncIterable<TensorData>);
}

/** The name, shape and element type of a tensor to write. */
export interface TensorShape {
  /** Its name: any text but `__metadata__`, `__proto__`, `constructor` and `prototype`. */
  name: string;
  /** Lengths of its dimensions; none for a scalar. */
  shape: readonly number[];
  /** Element type, which must be that of the data; default: that of the data when it is an array, else F32. */
  dtype?: SafeDType;
}

/** Options of {@linkcode writeSafetensors}. */
export interface SafetensorsWriteOptions {
  /** Free text by name; Hugging Face's loaders need `{ format: "pt" }`. */
  metadata?: Record<string, string>;
  /**
   * The tensors of `entries`, in their order. With a layout, each entry is written as it comes. Without one, all
   * entries are collected first, because the header is at the front of the file; pass their data as functions to keep
   * memory low.
   */
  layout?: readonly TensorShape[];
  /** Stops the writing; an earlier file stays as it was. */
  signal?: AbortSignal;
}

const schema = optionsSchema<SafetensorsWriteOptions>()(z.strictObject({
  metadata: z.record(z.string(), z.string()).optional(),
  layout: z.array(z.strictObject({
    name: z.string(),
    shape: z.array(z.number().int().min(0)).readonly(),
    dtype: z.custom<SafeDType>((d) => typeof d === "string" && isDType(d), "must be a dtype such as F32")
      .optional(),
  })).readonly().optional(),
  signal: z.instanceof(AbortSignal).optional(),
}));

/**
 * Writes tensors in the order of `entries` to `path`, replacing an earlier file only when the new one is complete on
 * the disk.
 *
 * ```ts
 * import { writeSafetensors } from "@llamero/sdk/formats";
 *
 * const path = `${await Deno.makeTempDir()}/weights.safetensors`;
 * const weight = { name: "w", shape: [2, 3], data: new Float32Array(6) };
 * await writeSafetensors(path, [weight], { metadata: { format: "pt" } });
 * ```
 *
 * @throws {ConfigError} when an entry's elements do not fill its shape, a name is repeated or not allowed, or the
 * entries differ from `layout`; the signal's reason after an abort
 */
export async function writeSafetensors(
  path: string,
  entries: Iterable<TensorEntry> | AsyncIterable<TensorEntry>,
  options: SafetensorsWriteOptions = {},
): Promise<void> {
  const { metadata, layout, signal } = parseOptions(schema, options, "writeSafetensors");
  const source = layout ? entries : await gather(entries);
  const shapes = layout ?? (source as TensorEntry[]).map(({ name, shape, dtype, data }) => ({
    name,
    shape,
    dtype: dtype ?? (typeof data === "function" ? "F32" : dtypeOf(data)),
  }));
  const header = encodeHeader(path, shapes, metadata);
  await writeAtomically(path, async (write) => {
    await write(header);
    let i = 0;
    for await (const entry of source) {
      const planned = shapes[i++];
      checkPlace(path, entry, planned);
      let written = 0;
      for await (const part of partsOf(entry)) {
        checkPart(path, entry, part, planned);
        written += part.length;
        await write(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      }
      checkLength(path, planned, written);
    }
    if (i < shapes.length) {
      throw refuse(path, `${show(shapes[i].name)} is in the layout but not in the entries`);
    }
  }, signal);
}

async function gather(entries: Iterable<TensorEntry> | AsyncIterable<TensorEntry>): Promise<TensorEntry[]> {
  const all: TensorEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

function refuse(path: string, why: string): ConfigError {
  return new ConfigError(`Cannot write ${path}: ${why}`);
}

/** Yields the parts of a tensor's data. */
async function* partsOf({ data }: TensorEntry): AsyncGenerator<TensorData> {
  const parts = typeof data === "function" ? await data() : data;
  if (Symbol.asyncIterator in parts) yield* parts;
  else yield parts;
}

function checkPlace(path: string, { name }: TensorEntry, planned: TensorShape | undefined): void {
  if (!planned) throw refuse(path, `${show(name)} is not in the layout`);
  if (name !== planned.name) {
    throw refuse(path, `the layout has ${show(planned.name)} next, but the entry is ${show(name)}`);
  }
}

function checkPart(path: string, { name, shape }: TensorEntry, part: TensorData, planned: TensorShape): void {
  const text = (t: Pick<TensorShape, "shape" | "dtype">) => `${t.dtype ?? "F32"} [${t.shape.join(", ")}]`;
  const actual = text({ shape, dtype: dtypeOf(part) });
  if (actual === text(planned)) return;
  throw refuse(path, `${show(name)} must be ${text(planned)}, current value is ${actual}`);
}

function checkLength(path: string, { name, shape }: TensorShape, length: number): void {
  const expected = elementsOf(shape);
  if (length === expected) return;
  throw refuse(
    path,
    `${show(name)} of shape [${shape.join(", ")}] must have ${expected} elements, current value is ${length}`,
  );
}

/**
 * Encodes the length and the JSON, padded with spaces so that the elements start at a multiple of 8. The header is
 * parsed once before it is returned, so that no file is written that {@linkcode readSafetensors} would refuse.
 */
function encodeHeader(
  path: string,
  shapes: readonly TensorShape[],
  metadata?: Record<string, string>,
): Uint8Array {
  const members = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let at = 0;
  for (const planned of shapes) {
    const { name, shape, dtype = "F32" } = planned;
    const end = at + elementsOf(planned.shape) * DTYPE_BYTES[dtype];
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [at, end] })}`);
    at = end;
  }
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(32);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  try {
    headerLength(path, bytes.subarray(0, 8), bytes.length + at);
    if (parseHeader(path, bytes.subarray(8), bytes.length + at).tensors.size === shapes.length) return bytes;
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new ConfigError(`Cannot write ${path}: no reader would accept it, expected ${cause.expected}`, {
      cause,
    });
  }
  throw refuse(path, "__metadata__ cannot be the name of a tensor");
}
