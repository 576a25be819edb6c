/**
 * Safetensors: writing, in one pass and with the memory of one tensor.
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

/** The elements of a tensor to be written, row-major. */
export type TensorData = TensorArray<ArrayBufferLike>;

/** A tensor to be written. */
export interface TensorEntry extends TensorShape {
  /**
   * Its elements, or a function that gives them when their turn has come, so that one tensor is held at a time; the
   * function may also give them in parts of any length, so that not even one is held whole.
   */
  data: TensorData | (() => TensorData | Promise<TensorData> | AsyncIterable<TensorData>);
}

/** What is known of a tensor before its elements are. */
export interface TensorShape {
  /** Its name, any text but `__metadata__` and the names of prototypes. */
  name: string;
  /** Lengths of its dimensions; none for a scalar. */
  shape: readonly number[];
  /** Element type; it must be that of the data. Default that of the data where there are some, else F32. */
  dtype?: SafeDType;
}

/** How a file is written. */
export interface SafetensorsWriteOptions {
  /** Free text by name; Hugging Face's loaders want `{ format: "pt" }`. */
  metadata?: Record<string, string>;
  /**
   * The tensors that will come, in their order, which makes `entries` a stream: each is written as it comes. Without
   * it the entries are gathered first, for the header stands at the front of the file; give their data as functions
   * where they should not all be held at once.
   */
  layout?: readonly TensorShape[];
  /** Stops the writing; the earlier file stays. */
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
 * Writes tensors in the order given and replaces the file at `path` only when the new one is complete on the disk.
 *
 * ```ts
 * const shapes = [{ name: "w", shape: [2, 3] }];
 * await writeSafetensors("w.safetensors", [{ ...shapes[0], data: new Float32Array(6) }], { metadata: { format: "pt" } });
 * ```
 *
 * @throws {ConfigError} if an entry has not the elements its shape needs, a name comes twice or is not allowed, or the
 * entries are not those of `layout`; the signal's reason after an abort
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
    if (i < shapes.length) throw refuse(path, `${show(shapes[i].name)} is in the layout but was not given`);
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

/** Parts, or the one part that a tensor is. */
async function* partsOf({ data }: TensorEntry): AsyncGenerator<TensorData> {
  const given = typeof data === "function" ? await data() : data;
  if (Symbol.asyncIterator in given) yield* given;
  else yield given;
}

function checkPlace(path: string, { name }: TensorEntry, planned: TensorShape | undefined): void {
  if (!planned) throw refuse(path, `${show(name)} is not in the layout`);
  if (name !== planned.name) {
    throw refuse(path, `the layout has ${show(planned.name)} next, but ${show(name)} was given`);
  }
}

function checkPart(path: string, { name, shape }: TensorEntry, part: TensorData, planned: TensorShape): void {
  const text = (t: Pick<TensorShape, "shape" | "dtype">) => `${t.dtype ?? "F32"} [${t.shape.join(", ")}]`;
  const given = text({ shape, dtype: dtypeOf(part) });
  if (given === text(planned)) return;
  throw refuse(path, `${show(name)} must be ${text(planned)}, current value is ${given}`);
}

function checkLength(path: string, { name, shape }: TensorShape, length: number): void {
  const wanted = elementsOf(shape);
  if (length === wanted) return;
  throw refuse(
    path,
    `${show(name)} of shape [${shape.join(", ")}] must have ${wanted} elements, current value is ${length}`,
  );
}

/**
 * The length and the JSON, filled with spaces so that the elements start at a multiple of 8. It is read back before
 * it is written: no file leaves here that {@linkcode readSafetensors} would refuse.
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
    throw new ConfigError(`Cannot write ${path}: nobody could read it, expected ${cause.expected}`, {
      cause,
    });
  }
  throw refuse(path, "__metadata__ cannot be the name of a tensor");
}
