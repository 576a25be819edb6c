/**
 * The wire format of Protocol Buffers, as much as reading and writing a SentencePiece model takes.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";

/** One field of a message. */
export interface Field {
  /** Its number in the schema. */
  number: number;
  /** A varint as a signed number, or the four bytes of a float read as one. */
  value: number;
  /** The bytes of a string, a byte field or a message; empty for others. */
  bytes: Uint8Array;
}

/**
 * The fields of the message in `data`, in their order.
 *
 * @param data the message, as a view into the buffer that holds the whole file
 * @param file its name, for the message
 * @throws {FormatError} with the byte offset at which the message breaks off
 */
export function* fieldsOf(data: Uint8Array, file: string): Generator<Field> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  const fail = (what: string, offset = at): never => {
    throw new FormatError(`Cannot read the protobuf message: ${what}`, {
      file,
      offset: data.byteOffset + offset,
    });
  };
  const need = (bytes: number) => {
    if (bytes < 0 || at + bytes > data.length) fail("it breaks off");
  };
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      need(1);
      const byte = data[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    return fail("a number does not end");
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

/** What a field is written from: a whole number, a string, bytes or a message, one float; undefined is left away. */
export type ProtobufField = number | string | Uint8Array | Float32Array | undefined;

/** The bytes of a message with these fields, in this order. */
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

/** Negative numbers take ten bytes, as two's complement of 64 bits. */
function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return [...bytes, Number(left)];
}
