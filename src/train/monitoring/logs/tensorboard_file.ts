/**
 * The records of TensorBoard's event files: protocol buffer messages of type `Event` in TensorFlow's TFRecord framing.
 *
 *     record = length u64 | masked CRC-32C of it u32 | bytes | masked CRC-32C of them u32       little-endian
 *
 * Only the fields of `event.proto` and `summary.proto` that scalars need are written.
 *
 * @module
 */

/** A scalar: its name in TensorBoard (a slash makes a group) and its value. */
export type Scalar = readonly [tag: string, value: number];

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** Returns the CRC-32C (Castagnoli), masked for TFRecord: rotated right by 15 bits, plus a constant. */
export function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Returns the first record of every file. */
export function versionRecord(seconds: number): Uint8Array<ArrayBuffer> {
  return record([...head(seconds, 0), ...text(3, "brain.Event:2")]);
}

/** Returns the record of a session that starts with `step`: it cancels that step and later ones in earlier files. */
export function startRecord(seconds: number, step: number): Uint8Array<ArrayBuffer> {
  return record([...head(seconds, step), ...message(7, [1 << 3, 1])]);
}

/** Returns the record of a step's scalars. */
export function scalarRecord(
  seconds: number,
  step: number,
  scalars: readonly Scalar[],
): Uint8Array<ArrayBuffer> {
  const values = scalars.flatMap(([tag, value]) =>
    message(1, [...text(1, tag), 2 << 3 | 5, ...new Uint8Array(new Float32Array([value]).buffer)])
  );
  return record([...head(seconds, step), ...message(5, values)]);
}

/** Encodes the wall time in seconds since 1970 and the step. */
function head(seconds: number, step: number): number[] {
  return [1 << 3 | 1, ...new Uint8Array(new Float64Array([seconds]).buffer), 2 << 3, ...varint(step)];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, bytes: readonly number[]): number[] {
  return [field << 3 | 2, ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 | 128);
  return [...bytes, value];
}

function record(event: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(event.length + 16);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, event.length, true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(event, 12);
  view.setUint32(12 + event.length, maskedCrc(bytes.subarray(12, 12 + event.length)), true);
  return bytes;
}
