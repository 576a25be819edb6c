/**
 * The messages between the main thread and the thread that calls MPI.
 *
 * Deno looks at every element of a typed array in a message to a worker of Node, more than a second for 16 MB, but
 * not into a buffer. So arrays travel as buffers with their places.
 *
 * @module
 */
import type { Bytes } from "../../base/exchange.ts";
import type { Handle } from "./abi.ts";
import type { HeaderKind } from "./collective_header.ts";
import type { Library } from "./library.ts";

/** The beginning of the thread. */
export interface ThreadData {
  /** The library to open. */
  library: Library;
  /** Most bytes that one call of MPI moves on this rank; larger collectives are cut. */
  pieceBytes: number;
  /** The name of this host. */
  host: string;
}

/** A collective that the thread is asked for. */
export interface Command {
  /** Number of the command. */
  id: number;
  /** Number of the communicator; 0 is the world. */
  comm: number;
  /** Its kind. */
  kind: HeaderKind;
  /** Its label; of a failure, the message. */
  label: string;
  /** Step of the run, where one is on. */
  step?: number;
  /** The bytes of this rank. */
  bytes?: Bytes;
  /** The numbers of this rank. */
  values?: Float32Array<ArrayBufferLike>;
  /** The sum to which numbers are added. */
  onto?: Float32Array<ArrayBufferLike>;
  /** The bytes for each rank. */
  parts?: readonly Bytes[];
  /** The rank that sends, of a broadcast. */
  from?: number;
  /** The part of the group in which this rank goes on, and the number of its communicator. */
  split?: { part: number; comm: number };
}

/** The place of this rank in a new group. */
export interface GroupPlace {
  /** Its rank there. */
  rank: number;
  /** The ranks that the members have in the group that was divided. */
  members: number[];
  /** The hosts of all ranks; of the world only. */
  hosts?: string[];
  /** A communicator for the main thread's own messages; of the world only, and where any thread may call. */
  own?: Handle;
}

/** The result of a collective. */
export interface Result {
  /** Gathered or received bytes. */
  bytes?: Uint8Array<ArrayBuffer>;
  /** Numbers that were added. */
  values?: Float32Array<ArrayBuffer>;
  /** The bytes from each rank. */
  parts?: Uint8Array<ArrayBuffer>[];
  /** The place of this rank in a new group. */
  place?: GroupPlace;
}

/** The answer to a command. */
export interface Answer extends Result {
  /** Number of the command; -1 of the message that the world is joined. */
  id: number;
  /** Milliseconds since the epoch at which it began. */
  begin: number;
  /** Milliseconds since the epoch at which it was over. */
  end: number;
  /** The failure, and the rank of it where that is another one. */
  error?: { message: string; failedRank?: number };
}

/** An array on its way: its buffer, and where in it the array lies. */
interface Span {
  buffer: ArrayBufferLike;
  start: number;
  length: number;
}

type Arrays = Partial<Pick<Command, "bytes" | "values" | "onto" | "parts">>;

/** A message whose arrays are spans. */
export interface Packed<T> {
  /** All but the arrays. */
  rest: Omit<T, keyof Arrays>;
  /** The arrays of bytes, of numbers, and the parts. */
  spans: { bytes?: Span; values?: Span; onto?: Span; parts?: Span[] };
}

/** Packs a message. */
export function packMessage<T extends Arrays>({ bytes, values, onto, parts, ...rest }: T): Packed<T> {
  return {
    rest,
    spans: {
      bytes: spanOf(bytes),
      values: spanOf(values),
      onto: spanOf(onto),
      parts: parts?.map((part) => spanOf(part)!),
    },
  };
}

/** Unpacks a message; its arrays lie on the buffers that came with it. */
export function unpackMessage<T>({ rest, spans }: Packed<T>): T {
  const { bytes, values, onto, parts } = spans;
  const arrays = {
    bytes: bytes && bytesOf(bytes),
    values: values && floatsOf(values),
    onto: onto && floatsOf(onto),
    parts: parts?.map(bytesOf),
  };
  return { ...rest, ...arrays } as T;
}

function spanOf(array: Bytes | Float32Array<ArrayBufferLike> | undefined): Span | undefined {
  return array && { buffer: array.buffer, start: array.byteOffset, length: array.length };
}

function bytesOf({ buffer, start, length }: Span): Bytes {
  return new Uint8Array(buffer, start, length);
}

function floatsOf({ buffer, start, length }: Span): Float32Array<ArrayBufferLike> {
  return new Float32Array(buffer, start, length);
}
