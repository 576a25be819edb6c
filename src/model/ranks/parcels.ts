/**
 * Arrays on their way to other ranks: each rank sends one parcel to each rank, or the word that it has failed.
 *
 * @module
 */
import type { Group } from "../../base/exchange.ts";

/** The error of work that failed on this rank. */
export interface Failure {
  /** The error. */
  error: unknown;
}

/** Returns the failure of work that contains no collective; undefined where it succeeds. */
export async function failureOf(work: () => void | Promise<void>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** An array of a parcel. */
export type Content = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Bytes in front of a parcel: 0, or 1 from a rank that has failed. */
const headBytes = 4;

/** A parcel from another rank, whose arrays are taken in the order in which they were put in. */
export class Parcel {
  #at = headBytes;

  /** Opens the bytes of a parcel. */
  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {}

  /** Returns the next numbers. */
  floats(length: number): Float32Array<ArrayBuffer> {
    const start = this.bytes.byteOffset + this.#at;
    this.#at += 4 * length;
    if (start % 4 === 0) return new Float32Array(this.bytes.buffer, start, length);
    return new Float32Array(this.bytes.buffer.slice(start, start + 4 * length));
  }

  /** Returns the next bytes, a multiple of four. */
  blocks(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#at;
    this.#at += Math.ceil(length / 4) * 4;
    return this.bytes.subarray(at, at + length);
  }
}

/**
 * Sends `contents[r]` to rank r, and returns the parcels of all ranks; undefined where a rank has failed. Every rank calls
 * it, a rank that has failed without contents.
 */
export async function exchangeParcels(
  world: Group,
  contents: readonly (readonly Content[])[] | undefined,
  label: string,
): Promise<Parcel[] | undefined> {
  const sent = Array.from({ length: world.size }, (_, rank) => packed(contents?.[rank]));
  const received = await world.allToAll(sent, label);
  return received.some(([failed]) => failed) ? undefined : received.map((bytes) => new Parcel(bytes));
}

function packed(content: readonly Content[] | undefined): Uint8Array<ArrayBuffer> {
  const padded = ({ byteLength }: Content) => Math.ceil(byteLength / 4) * 4;
  const size = content?.reduce((sum, one) => sum + padded(one), 0) ?? 0;
  const bytes = new Uint8Array(headBytes + size);
  bytes[0] = content ? 0 : 1;
  let at = headBytes;
  for (const one of content ?? []) {
    bytes.set(new Uint8Array(one.buffer, one.byteOffset, one.byteLength), at);
    at += padded(one);
  }
  return bytes;
}
