/**
 * A writer of files like those of torch.save: a ZIP file with a pickle and a member for each storage.
 *
 * @module
 */
import { concat } from "../../src/formats/bytes.ts";

/** Numbers with a shape. */
export interface Entry {
  name: string;
  shape: readonly number[];
  data: Float32Array<ArrayBuffer>;
}

const utf8 = new TextEncoder();
const op = (...codes: number[]) => Uint8Array.from(codes);
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const text = (value: string) => concat([op(0x58), u32(utf8.encode(value).length), utf8.encode(value)]);
const integer = (value: number) => concat([op(0x4a), u32(value)]);
const named = (module: string, name: string) => utf8.encode(`c${module}\n${name}\n`);
const tuple = (values: readonly number[]) => concat([op(0x28), ...values.map(integer), op(0x74)]);

function tensor({ name, shape }: Entry, key: string): Uint8Array<ArrayBuffer> {
  const stride = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const all = shape.reduce((a, b) => a * b, 1);
  return concat([
    ...[text(name), named("torch._utils", "_rebuild_tensor_v2"), op(0x28, 0x28), text("storage")],
    ...[named("torch", "FloatStorage"), text(key), text("cpu"), integer(all), op(0x74, 0x51), integer(0)],
    ...[
      tuple(shape),
      tuple(stride),
      op(0x89),
      named("collections", "OrderedDict"),
      op(0x29, 0x52, 0x74, 0x52),
    ],
  ]);
}

/** Returns the bytes of the file. */
export function torchFile(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const tensors = entries.map((entry, i) => tensor(entry, String(i)));
  const pickle = concat([op(0x80, 2, 0x7d, 0x71, 0, 0x28), ...tensors, op(0x75, 0x2e)]);
  const storages = entries.map((
    { data },
    i,
  ): [string, Uint8Array] => [`archive/data/${i}`, new Uint8Array(data.buffer)]);
  return zip([["archive/data.pkl", pickle], ["archive/byteorder", utf8.encode("little")], ...storages]);
}

function zip(members: readonly (readonly [string, Uint8Array])[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, bytes] of members) {
    const local = new Uint8Array(30);
    const central = new Uint8Array(46);
    const title = utf8.encode(name);
    const [a, b] = [new DataView(local.buffer), new DataView(central.buffer)];
    a.setUint32(0, 0x04034b50, true);
    b.setUint32(0, 0x02014b50, true);
    for (const [view, from] of [[a, 18], [b, 20]] as const) {
      view.setUint32(from, bytes.length, true);
      view.setUint32(from + 4, bytes.length, true);
      view.setUint16(from + 8, title.length, true);
    }
    b.setUint32(42, at, true);
    parts.push(local, title, bytes);
    directory.push(central, title);
    at += 30 + title.length + bytes.length;
  }
  const index = concat(directory);
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(10, members.length, true);
  view.setUint32(12, index.length, true);
  view.setUint32(16, at, true);
  return concat([...parts, index, end]);
}
