/**
 * Parser and checks of a safetensors header: 8 bytes of length, then JSON with each tensor's type, shape and bytes.
 *
 * Format: https://huggingface.co/docs/safetensors, "Format". A header passes only if the tensors, in the order of their
 * bytes, cover the rest of the file without holes or overlaps, and each has exactly the bytes that its shape needs.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { DTYPE_BYTES, isDType, type SafeDType } from "./dtype.ts";
import { HeaderJson, type Node } from "./header_json.ts";
import { truncated } from "../open_file.ts";

/** A tensor's entry in the header. */
export interface TensorInfo {
  /** Its name. */
  readonly name: string;
  /** Element type in the file. */
  readonly dtype: SafeDType;
  /** Lengths of its dimensions; none for a scalar. */
  readonly shape: readonly number[];
  /** First byte of its elements, from the start of the file. */
  readonly offset: number;
  /** Length of its elements in bytes. */
  readonly byteLength: number;
}

/** The contents of a safetensors header. */
export interface SafetensorsHeader {
  /** The tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Free text by name, such as `format: "pt"`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Size of the largest header that is read, the limit of the format's reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Returns the length of the JSON in bytes, from the first 8 bytes of a file of `size` bytes.
 *
 * @throws {FormatError} when the file is shorter, or the format does not allow the length
 */
export function headerLength(file: string, first: Uint8Array, size: number): number {
  if (first.length < 8) throw truncated(file, first.length, "8 bytes with the length of the header");
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  const refuse = (expected: string) => {
    throw new FormatError(`Cannot read the header: expected ${expected}, found a length of ${length}`, {
      file,
      offset: 0,
      expected,
    });
  };
  if (length < 2n) refuse("at least the 2 bytes of {}");
  if (length > BigInt(MAX_HEADER_BYTES)) {
    refuse(`at most ${MAX_HEADER_BYTES} bytes (is this a safetensors file?)`);
  }
  if (length > BigInt(size - 8)) throw truncated(file, size, `a header of ${length} bytes from byte 8 on`);
  return Number(length);
}

/**
 * Parses and checks the JSON `bytes` that stand at byte 8 of a file of `size` bytes.
 *
 * @throws {FormatError} with the byte offset of the first thing that is wrong
 */
export function parseHeader(file: string, bytes: Uint8Array, size: number): SafetensorsHeader {
  const json = new HeaderJson(file, bytes, 8);
  if (bytes[0] !== 123) json.fail(8, '"{"');
  const root = fields(json, json.parse(), "an object of tensors");
  const start = 8 + bytes.length;
  const infos: { info: TensorInfo; at: number }[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, node] of root) {
    if (name === "__metadata__") metadata = readMetadata(json, node);
    else infos.push({ info: readInfo(json, name, node, start), at: node.at });
  }
  infos.sort((a, b) => a.info.offset - b.info.offset || a.info.byteLength - b.info.byteLength);
  const end = infos.reduce((next, { info, at }) => checkStart(json, next, info, at, start), start);
  if (size < end) throw truncated(file, size, `tensors up to byte ${end}`);
  if (size > end) {
    const expected = "the end of the file after the last tensor";
    throw new FormatError(`Cannot read on: expected ${expected}, found ${size - end} more bytes`, {
      file,
      offset: end,
      expected,
    });
  }
  return { tensors: new Map(infos.map(({ info }) => [info.name, info])), metadata };
}

/** Checks that a tensor starts at `next`, the end of the one before, and returns its own end. */
function checkStart(json: HeaderJson, next: number, info: TensorInfo, at: number, start: number): number {
  if (info.offset !== next) {
    const gap = info.offset < next ? "an overlap" : "a hole";
    json.fail(
      at,
      `${show(info.name)} to start at data offset ${next - start}`,
      `${info.offset - start}, which leaves ${gap}`,
    );
  }
  return next + info.byteLength;
}

function readMetadata(json: HeaderJson, node: Node): Record<string, string> {
  const entries = [...fields(json, node, "__metadata__ to be an object of strings")];
  return Object.fromEntries(entries.map(([key, value]) => {
    if (value.kind !== "string") {
      json.fail(value.at, `${show(key)} of __metadata__ to be a string`, kindOf(value));
    }
    return [key, value.value];
  }));
}

function readInfo(json: HeaderJson, name: string, node: Node, start: number): TensorInfo {
  const entry = fields(json, node, `${show(name)} to be an object`);
  for (const key of entry.keys()) {
    if (!["dtype", "shape", "data_offsets"].includes(key)) {
      json.fail(node.at, `${show(name)} to have dtype, shape and data_offsets only`, show(key));
    }
  }
  const dtype = entry.get("dtype");
  const shape = integers(json, name, node, entry, "shape");
  if (dtype?.kind !== "string" || !isDType(dtype.value)) {
    const found = dtype?.kind === "string" ? show(dtype.value) : dtype ? kindOf(dtype) : "none";
    json.fail(
      dtype?.at ?? node.at,
      `the dtype of ${show(name)} to be one of ${Object.keys(DTYPE_BYTES).join(" ")}`,
      found,
    );
  }
  const offsets = integers(json, name, node, entry, "data_offsets");
  const byteLength = shape.value.reduce((n, length) => n * length, DTYPE_BYTES[dtype.value]);
  const safe = shape.value.reduce((n, length) => n * Math.max(1, length), DTYPE_BYTES[dtype.value]);
  if (!Number.isSafeInteger(safe)) {
    json.fail(
      shape.at,
      `the shape of ${show(name)} to have fewer than 2^53 bytes`,
      `[${shape.value.join(", ")}]`,
    );
  }
  const [begin, end] = offsets.value;
  if (offsets.value.length !== 2 || end - begin !== byteLength) {
    json.fail(
      offsets.at,
      `two data_offsets ${byteLength} apart for ${show(name)}, ${dtype.value} of shape [${
        shape.value.join(", ")
      }]`,
      `[${offsets.value.join(", ")}]`,
    );
  }
  return { name, dtype: dtype.value, shape: shape.value, offset: start + begin, byteLength };
}

function kindOf({ kind }: Node): string {
  return kind === "string" ? "a string" : `an ${kind}`;
}

function fields(json: HeaderJson, node: Node, expected: string): ReadonlyMap<string, Node> {
  if (node.kind !== "object") json.fail(node.at, expected, kindOf(node));
  return node.value;
}

function integers(
  json: HeaderJson,
  name: string,
  node: Node,
  entry: ReadonlyMap<string, Node>,
  key: string,
): { at: number; value: number[] } {
  const list = entry.get(key);
  const expected = `${key} of ${show(name)} to be an array of integers`;
  if (list === undefined) json.fail(node.at, expected, "none");
  if (list.kind !== "array") json.fail(list.at, expected, kindOf(list));
  const value = list.value.map((item) =>
    item.kind === "integer" ? item.value : json.fail(item.at, expected, kindOf(item))
  );
  return { at: list.at, value };
}
