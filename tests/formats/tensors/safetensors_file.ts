/**
 * Safetensors files with any header, valid or not, for tests.
 *
 * @module
 */

/** Encodes a file from its header and its data; `length` replaces the length of the header in the first 8 bytes. */
export function encode(
  header: unknown,
  data: Uint8Array | number[] = [],
  length?: bigint,
): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** Returns the header entry of a float32 tensor that covers bytes `begin` to `end` of the data. */
export function f32(shape: number[], begin: number, end: number): Record<string, unknown> {
  return { dtype: "F32", shape, data_offsets: [begin, end] };
}
