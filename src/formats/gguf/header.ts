/**
 * Parser of the header of a GGUF file: `GGUF`, version, counts, values by name, and the tensors' names, shapes,
 * offsets.
 *
 * Format: ggml's `docs/gguf.md`. The file is not trusted: a count that the rest of the file cannot hold is refused
 * before memory is allocated.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { columnsOf, elementsOf } from "../tensors/matrix.ts";
import { truncated } from "../open_file.ts";
import { type GgufType, PACKINGS, TYPE_NAMES } from "./types.ts";

/** A value of the header. 64-bit integers are numbers, exact up to 2^53. */
export type GgufValue =
  | number
  | boolean
  | string
  | readonly number[]
  | readonly boolean[]
  | readonly string[];

/** A tensor of a GGUF file. */
export interface GgufTensor {
  /** Its name. */
  readonly name: string;
  /** Lengths of its dimensions, outermost first (the file stores them innermost first). */
  readonly shape: readonly number[];
  /** Packing of its numbers. */
  readonly type: GgufType;
  /** Its first byte, from the start of the file. */
  readonly offset: number;
  /** Its length in bytes. */
  readonly byteLength: number;
}

/** The parsed header of a GGUF file. */
export interface GgufHeader {
  /** Values by name, such as `llama.block_count`. */
  readonly values: ReadonlyMap<string, GgufValue>;
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
}

/** Types of values, by their number in the file. */
export const VALUE_TYPES = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "string",
  "array",
  "u64",
  "i64",
  "f64",
] as const;
type ValueType = typeof VALUE_TYPES[number];

const SIZE: Readonly<Record<ValueType, number>> = {
  ...{ u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, bool: 1, string: 8, array: 12 },
  ...{ u64: 8, i64: 8, f64: 8 },
};

/** The first bytes of a file. */
interface Front {
  /** Path of the file, for errors. */
  file: string;
  /** Size of the whole file in bytes. */
  size: number;
  /** The bytes read so far, from the start of the file. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** The most values of an array, far more than any vocabulary has. [ours] */
const MAX_ARRAY = 2 ** 24;

/** Thrown when the header is longer than the bytes read so far. */
export class MoreNeeded extends Error {}

/**
 * Parses the header.
 *
 * @throws {FormatError} with the byte of the first thing that is wrong
 * @throws {MoreNeeded} when the header goes on behind the bytes read so far
 */
export function parseGguf(front: Front): GgufHeader {
  const cursor = new Cursor(front);
  const { file } = front;
  const magic = String.fromCharCode(...cursor.take(4, "the magic bytes GGUF"));
  if (magic !== "GGUF") cursor.fail(0, "the magic bytes GGUF", show(magic));
  const version = cursor.number("u32");
  if (version !== 2 && version !== 3) {
    const known = version === 1 || version > 3 && version < 2 ** 16;
    cursor.fail(4, "version 2 or 3, little-endian", known ? String(version) : `0x${version.toString(16)}`);
  }
  const tensorCount = cursor.count(24, "tensors");
  const valueCount = cursor.count(13, "values");
  const values = new Map<string, GgufValue>();
  const tensors: RawTensor[] = [];
  for (let i = 0; i < valueCount; i++) {
    const at = cursor.at;
    const name = cursor.string();
    if (values.has(name)) cursor.fail(at, "each name once", `${show(name)} again`);
    values.set(name, cursor.value(name, cursor.type()));
  }
  for (let i = 0; i < tensorCount; i++) tensors.push(cursor.tensor());
  const alignment = values.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || !ALIGNMENTS.includes(alignment)) {
    const expected = "a general.alignment that is a power of 2 from 8 to 1,048,576";
    throw new FormatError(`expected ${expected}, found ${show(alignment)}`, { file, expected });
  }
  return {
    values,
    tensors: checkTensors(tensors, Math.ceil(cursor.at / alignment) * alignment, alignment, cursor),
  };
}

/** The alignments that llama.cpp and the format allow, up to 1 MiB. [ours] */
const ALIGNMENTS = Array.from({ length: 18 }, (_, i) => 2 ** (i + 3));

/** A tensor's entry as it stands in the file, at byte `at`. */
interface RawTensor {
  name: string;
  shape: number[];
  type: number;
  offset: number;
  at: number;
}

/** Checks every tensor against the file; `dataStart` is the byte that the offsets count from. */
function checkTensors(
  raw: readonly RawTensor[],
  dataStart: number,
  alignment: number,
  cursor: Cursor,
): Map<string, GgufTensor> {
  const tensors = new Map<string, GgufTensor>();
  for (const { name, shape, type: id, offset, at } of raw) {
    const type = (Object.keys(PACKINGS) as GgufType[]).find((name) => PACKINGS[name].id === id);
    if (!type) {
      const known = Object.keys(PACKINGS).join(" ");
      return cursor.fail(at, `${show(name)} to be one of ${known}`, TYPE_NAMES[id] ?? `type ${id}`);
    }
    const { weights, bytes } = PACKINGS[type];
    if (shape.includes(0)) cursor.fail(at, `dimensions of ${show(name)} above 0`, shape.join());
    const count = elementsOf(shape);
    if (!Number.isSafeInteger(count * bytes)) {
      cursor.fail(at, `fewer than 2^53 bytes of ${show(name)}`, shape.join());
    }
    if (columnsOf(shape) % weights) {
      cursor.fail(at, `rows of ${show(name)} to be a multiple of ${weights}`, String(columnsOf(shape)));
    }
    if (offset % alignment) {
      cursor.fail(at, `the offset of ${show(name)} to be a multiple of ${alignment}`, `${offset}`);
    }
    if (tensors.has(name)) cursor.fail(at, "each tensor once", `${show(name)} again`);
    const tensor = { name, shape, type, offset: dataStart + offset, byteLength: count / weights * bytes };
    if (tensor.offset + tensor.byteLength > cursor.size) {
      throw truncated(
        cursor.file,
        cursor.size,
        `${show(name)} up to byte ${tensor.offset + tensor.byteLength}`,
      );
    }
    tensors.set(name, tensor);
  }
  checkOverlap(tensors, cursor);
  return tensors;
}

/** Refuses tensors that share bytes of the file. */
function checkOverlap(tensors: ReadonlyMap<string, GgufTensor>, cursor: Cursor): void {
  const inOrder = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  inOrder.forEach((tensor, i) => {
    const before = inOrder[i - 1];
    if (!before || before.offset + before.byteLength <= tensor.offset) return;
    cursor.fail(
      tensor.offset,
      "tensors one behind the other",
      `${show(before.name)} across ${show(tensor.name)}`,
    );
  });
}

/** A reading position in the header. */
class Cursor {
  at = 0;
  readonly file: string;
  readonly size: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

  constructor({ file, size, bytes }: Front) {
    this.file = file;
    this.size = size;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(offset: number, expected: string, found: string): never {
    throw new FormatError(`Cannot read the header: expected ${expected}, found ${found}`, {
      file: this.file,
      offset,
      expected,
    });
  }

  take(length: number, expected: string): Uint8Array<ArrayBuffer> {
    if (this.at + length > this.size) throw truncated(this.file, this.size, expected);
    if (this.at + length > this.#bytes.length) throw new MoreNeeded();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  number(type: ValueType): number {
    this.take(SIZE[type], `a number (${type})`);
    const at = this.at - SIZE[type];
    const view = this.#view;
    switch (type) {
      case "u8":
      case "bool":
        return view.getUint8(at);
      case "i8":
        return view.getInt8(at);
      case "u16":
        return view.getUint16(at, true);
      case "i16":
        return view.getInt16(at, true);
      case "u32":
        return view.getUint32(at, true);
      case "i32":
        return view.getInt32(at, true);
      case "f32":
        return view.getFloat32(at, true);
      case "f64":
        return view.getFloat64(at, true);
      case "i64":
        return Number(view.getBigInt64(at, true));
      default:
        return Number(view.getBigUint64(at, true));
    }
  }

  /** Reads a count of items that take at least `minBytes` bytes each. */
  count(minBytes: number, items: string): number {
    const at = this.at;
    const count = this.number("u64");
    const max = Math.floor((this.size - this.at) / minBytes);
    if (count > max) this.fail(at, `at most ${max} ${items}, more do not fit into the file`, String(count));
    return count;
  }

  string(): string {
    return this.#utf8.decode(this.take(this.count(1, "bytes of text"), "text"));
  }

  /** Reads the text of a value; that of a tokenizer must be UTF-8, because ids depend on it. */
  #text(name: string): string {
    if (!name.startsWith("tokenizer.")) return this.string();
    const at = this.at;
    try {
      return this.#strictUtf8.decode(this.take(this.count(1, "bytes of text"), "text"));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return this.fail(at, `the text of ${show(name)} to be UTF-8`, "other bytes");
    }
  }

  type(): ValueType {
    const at = this.at;
    const id = this.number("u32");
    return VALUE_TYPES[id] ?? this.fail(at, "a type of value from 0 to 12", String(id));
  }

  value(name: string, type: ValueType): GgufValue {
    if (type === "string") return this.#text(name);
    if (type === "bool") return this.number(type) !== 0;
    return type === "array" ? this.#array(name) : this.number(type);
  }

  #array(name: string): readonly number[] | readonly boolean[] | readonly string[] {
    const at = this.at;
    const type = this.type();
    if (type === "array") this.fail(at, "an array of plain values", "an array of arrays");
    const values: unknown[] = [];
    const length = this.count(SIZE[type], `values (${type})`);
    if (length > MAX_ARRAY) this.fail(at, `at most ${MAX_ARRAY} values of ${show(name)}`, String(length));
    for (let i = 0; i < length; i++) values.push(this.value(name, type));
    return values as readonly number[];
  }

  tensor(): RawTensor {
    const at = this.at;
    const name = this.string();
    const dimensions = this.number("u32");
    if (dimensions > 4) this.fail(at, `at most 4 dimensions of ${show(name)}`, String(dimensions));
    const shape = Array.from({ length: dimensions }, () => this.number("u64")).reverse();
    return { name, shape, type: this.number("u32"), offset: this.number("u64"), at };
  }
}
