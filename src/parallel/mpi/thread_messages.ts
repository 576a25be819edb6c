/**
 * The messages between the main thread and the thread that calls MPI.
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
