/**
 * The exchanges of a program: rows go from the GPU through the host to the other processes of the model, and back.
 *
 * Bytes are those of the tensor's number format. Sums are added in f32 on the host in the order of processes, so that they
 * are equal on all of them whatever carries the bytes; those of halves are rounded once, at the end.
 *
 * @module
 */
import type { Group } from "../base/exchange.ts";
import type { Device, DType, Exchange, Program } from "../gpu/mod.ts";
import { addInOrder } from "../parallel/ordered_sum.ts";

/**
 * Submits a program. One without exchanges is one submission and returns at once, as `replay` does; the exchanges of others
 * are awaited, and every process of the group runs its program.
 */
export async function runProgram(program: Program, group: Group): Promise<void> {
  if (program.segments.length === 1) return program.replay();
  await program.run((call) => exchangeRows(program.device, group, call));
}

/** Sends `args.x` of an exchange to the processes of the group and writes what comes of it to `args.y`. */
export async function exchangeRows(
  device: Device,
  group: Group,
  { exchange, args }: Exchange,
): Promise<void> {
  const [x] = await device.read([args.x.range()]);
  const received = await exchanged[exchange](group, new Uint8Array(x), args.x.dtype);
  const { buffer, offset } = args.y.range();
  device.write(buffer, wholeWords(received), offset);
}

type Received = Promise<Uint8Array<ArrayBuffer>>;

/** The kinds of exchanges, each with the label of its collectives. */
const exchanged = {
  gather: (group: Group, x: Uint8Array<ArrayBuffer>): Received => group.allGather(x, "rows gather"),

  scatter: (group: Group, x: Uint8Array<ArrayBuffer>, dtype: DType): Received =>
    ownSum(group, x, dtype, "rows scatter"),

  /** Computes the parts of a sum on one process each, and gathers them: fewer bytes than whole rows from everyone. */
  sum: async (group: Group, x: Uint8Array<ArrayBuffer>, dtype: DType): Received => {
    const unit = 4 * group.size;
    const padded = new Uint8Array(Math.ceil(x.length / unit) * unit);
    padded.set(x);
    const own = await ownSum(group, padded, dtype, "rows sum");
    return (await group.allGather(own, "rows sum")).subarray(0, x.length);
  },
};

/** Adds the numbers of all processes and returns this one's part of the sum. */
async function ownSum(group: Group, x: Uint8Array<ArrayBuffer>, dtype: DType, label: string): Received {
  if (dtype !== "f16") return bytesOf(await group.reduceScatter(new Float32Array(x.buffer), label));
  const size = x.length / group.size;
  const parts = Array.from({ length: group.size }, (_, rank) => x.subarray(rank * size, (rank + 1) * size));
  const all = await group.allToAll(parts, label);
  return bytesOf(new Float16Array(addInOrder(all.map(floatsOf))));
}

/** Returns halves as f32. */
function floatsOf(halves: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  return Float32Array.from(new Float16Array(halves.buffer, halves.byteOffset, halves.byteLength / 2));
}

function bytesOf(numbers: Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Returns bytes with zeros up to a whole word, which is what WebGPU writes. */
function wholeWords(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length % 4 === 0) return bytes;
  const words = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  words.set(bytes);
  return words;
}
