/**
 * Reader and writer of the wire format of Protocol Buffers, as far as SentencePiece models use it.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";

/** A field of a message. */
interface Field {
  /** Its number in the schema. */
  number: number;
  /** The value of a varint (signed) or of a float; 0 for others. */
  value: number;
  /** The bytes of a string, a byte field or a message; empty for others. */
  bytes: Uint8Array;
}

/**
 * Reads the fields of the message in `data`, in order.
 *
 * @param data the message, as a view into the buffer that holds the whole file
 * @param file the file's path, for errors
 * @throws {FormatError} with the byte offset of the first error
 */
export function* fieldsOf(data: Uint8Array, file: string): Generator<Field> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  const fail = (problem: string, offset = at): never => {
    throw new FormatError(`Cannot read the protobuf message: ${problem}`, {
      file,
      offset: data.byteOffset + offset,
    });
  };
  const need = (bytes: number) => {
    if (bytes < 0 || at + bytes > data.length) fail("it ends too early");
  };
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      need(1);
      const byte = data[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    return fail("a varint is longer than 10 bytes");
  };
  while (at < data.length) {
    const start = at;
    const key = varint();
    const number = Math.floor(key / 8);
    const wire = key % 8;
    let value = 0;
    let bytes = data.subarray(0, 0);
    if (wire === 0) value = varint();
    else if (wire === 1) need(8), at += 8;
    else if (wire === 5) need(4), value = view.getFloat32(at, true), at += 4;
    else if (wire === 2) {
      const length = varint();
      need(length);
      bytes = data.subarray(at, at += length);
    } else fail(`wire type ${wire} is unknown`, start);
    yield { number, value, bytes };
  }
}

/** The value of a field to write: a varint, a string, bytes or a message, or one float; undefined writes no field. */
export type ProtobufField = number | string | Uint8Array | Float32Array | undefined;

/** Writes a message with these fields, in this order. */
export function message(
  fields: readonly (readonly [number: number, value: ProtobufField])[],
): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  const utf8 = new TextEncoder();
  const sized = (key: number, bytes: Uint8Array) => {
    out.push(...varintOf(key + 2), ...varintOf(bytes.length));
    for (const byte of bytes) out.push(byte);
  };
  for (const [number, value] of fields) {
    const key = number * 8;
    if (typeof value === "number") out.push(...varintOf(key), ...varintOf(value));
    else if (typeof value === "string") sized(key, utf8.encode(value));
    else if (value instanceof Uint8Array) sized(key, value);
    else if (value) {
      const bytes = new DataView(new ArrayBuffer(4));
      bytes.setFloat32(0, value[0], true);
      out.push(...varintOf(key + 5), ...new Uint8Array(bytes.buffer));
    }
  }
  return new Uint8Array(out);
}

/** Writes a varint; a negative number takes ten bytes, as 64-bit two's complement. */
function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return [...bytes, Number(left)];
}
