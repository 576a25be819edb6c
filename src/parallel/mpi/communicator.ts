/**
 * Collectives over an MPI communicator, as the one thread that calls MPI runs them: header first, then the data in pieces.
 *
 * @module
 */
import { LlameroError } from "../../base/errors.ts";
import { type Bytes, RankError } from "../../base/exchange.ts";
import { describeCollective, disagreement } from "../disagreement.ts";
import { addInto } from "../ordered_sum.ts";
import type { Handle } from "./abi.ts";
import {
  agreedHeaders,
  digestBytes,
  type Header,
  headerBytes,
  packDigest,
  packHeader,
  unpackHeaders,
} from "./collective_header.ts";
import type { Command, Result } from "./thread_messages.ts";
import type { Mpi } from "./mpi.ts";

/** Numbers that a reduce-scatter exchanges and adds at a time, so that they stay in the cache of a core: 1 MiB. [ours] */
const cachedNumbers = 2 ** 18;

/** A communicator of the library. */
export class Communicator {
  /** Rank of this process in it. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  readonly #mpi: Mpi;
  readonly #handle: Handle;
  readonly #pieceBytes: number;

  /** Wraps a communicator; a call of MPI moves at most `pieceBytes` to or from this rank. */
  constructor(mpi: Mpi, handle: Handle, pieceBytes: number) {
    this.#mpi = mpi;
    this.#handle = handle;
    this.#pieceBytes = pieceBytes;
    this.rank = mpi.rank(handle);
    this.size = mpi.size(handle);
  }

  /**
   * Runs one collective.
   *
   * @throws {RankError} where another rank failed instead of taking part
   * @throws {LlameroError} where the ranks are not in the same collective, on all of them
   */
  run(command: Command): Result {
    const headers = this.#exchangeHeaders(command);
    switch (command.kind) {
      case "allGather":
        return { bytes: this.#allGather(command.bytes!) };
      case "reduceScatter":
        return { values: this.#reduceScatter(command.values!, command.onto) };
      case "allToAll":
        return { parts: this.#allToAll(command.parts!, Math.max(...headers.map(({ extent }) => extent))) };
      case "broadcast":
        return { bytes: this.#broadcast(command.bytes, command.from!, headers[command.from!].extent) };
      default:
        return {};
    }
  }

  /** Says that this rank leaves, and returns true where all do; another one that is in a collective has an error then. */
  leave(): boolean {
    const headers = this.#meet({ kind: "left", label: "", extent: 0 });
    return headers.every(({ kind }) => kind === "left");
  }

  /** Divides the communicator and returns the part of this rank. */
  split(part: number): Communicator {
    const handle = this.#mpi.split(this.#handle, part, this.rank);
    return new Communicator(this.#mpi, handle, this.#pieceBytes);
  }

  /** Returns the ranks that the members of this communicator have in `other`. */
  ranksIn(other: Communicator): number[] {
    const all = new Uint8Array(4 * this.size);
    this.#mpi.allGather(new Uint8Array(Int32Array.of(other.rank).buffer), all, this.#handle);
    return [...new Int32Array(all.buffer)];
  }

  #exchangeHeaders(command: Command): Header[] {
    const failure = command.kind === "failed" ? new TextEncoder().encode(command.label) : undefined;
    const own: Header = {
      kind: command.kind,
      label: command.label,
      step: command.step,
      from: command.from,
      size: command.kind === "allGather"
        ? command.bytes!.byteLength
        : command.kind === "reduceScatter"
        ? command.values!.byteLength
        : undefined,
      extent: (failure ?? command.bytes)?.byteLength ??
        Math.max(0, ...(command.parts ?? []).map(({ byteLength }) => byteLength)),
    };
    const headers = this.#meet(own);
    const failed = headers.findIndex(({ kind }) => kind === "failed");
    if (failed >= 0) {
      const text = this.#broadcast(failure, failed, headers[failed].extent);
      throw new RankError(`Rank ${failed} failed: ${new TextDecoder().decode(text)}`, failed);
    }
    const left = headers.findIndex(({ kind }) => kind === "left");
    if (left >= 0) {
      throw new LlameroError(
        `Rank ${left} has left (its script ended, or called Deno.exit) while this rank is in ${
          describeCollective(own)
        }`,
      );
    }
    const problem = disagreement(headers);
    if (problem) throw problem;
    return headers;
  }

  #meet(own: Header): Header[] {
    const digests = new Uint8Array(digestBytes * this.size);
    this.#mpi.allGather(packDigest(own), digests, this.#handle);
    const agreed = agreedHeaders(own, digests);
    if (agreed) return agreed;
    const all = new Uint8Array(headerBytes * this.size);
    this.#mpi.allGather(packHeader(own), all, this.#handle);
    return unpackHeaders(all);
  }

  #allGather(own: Bytes): Uint8Array<ArrayBuffer> {
    const each = own.byteLength;
    const all = new Uint8Array(each * this.size);
    const most = this.#pieceOf(1);
    if (each <= most) {
      if (each > 0) this.#mpi.allGather(own, all, this.#handle);
      return all;
    }
    for (let start = 0; start < each; start += most) {
      const piece = own.subarray(start, Math.min(each, start + most));
      const got = new Uint8Array(piece.length * this.size);
      this.#mpi.allGather(piece, got, this.#handle);
      for (let rank = 0; rank < this.size; rank++) {
        all.set(got.subarray(rank * piece.length, (rank + 1) * piece.length), rank * each + start);
      }
    }
    return all;
  }

  #reduceScatter(
    values: Float32Array<ArrayBufferLike>,
    onto: Float32Array<ArrayBufferLike> | undefined,
  ): Float32Array<ArrayBuffer> {
    const part = values.length / this.size;
    const most = Math.max(1, Math.min(this.#pieceOf(4), Math.floor(cachedNumbers / this.size), part));
    const sum = new Float32Array(part);
    const received = new Float32Array(most * this.size);
    const buffer = most < part ? new Float32Array(most * this.size) : undefined;
    for (let start = 0; start < part; start += most) {
      const length = Math.min(most, part - start);
      const end = start + length;
      const ranks = Array.from({ length: this.size }, (_, rank) => rank);
      for (const rank of buffer ? ranks : []) {
        buffer!.set(values.subarray(rank * part + start, rank * part + end), rank * length);
      }
      this.#mpi.allToAll(buffer ?? values, received, length, this.#handle);
      const parts = ranks.map((rank) => received.subarray(rank * length, (rank + 1) * length));
      addInto(sum.subarray(start, end), parts, onto?.subarray(start, end));
    }
    return sum;
  }

  #allToAll(parts: readonly Bytes[], largest: number): Uint8Array<ArrayBuffer>[] {
    const sizes = Float64Array.from(parts, ({ byteLength }) => byteLength);
    const gotSizes = new Float64Array(this.size);
    this.#mpi.allToAll(new Uint8Array(sizes.buffer), new Uint8Array(gotSizes.buffer), 8, this.#handle);
    const got = Array.from(gotSizes, (size) => new Uint8Array(size));
    const most = this.#pieceOf(1);
    for (let start = 0; start < largest; start += most) {
      const sent = parts.map((part) => part.subarray(start, start + most));
      const counts = Int32Array.from(got, (part) => part.subarray(start, start + most).length);
      const received = new Uint8Array(counts.reduce((sum, count) => sum + count, 0));
      this.#mpi.allToAllBytes(
        joined(sent),
        Int32Array.from(sent, ({ length }) => length),
        received,
        counts,
        this.#handle,
      );
      let at = 0;
      got.forEach((part, rank) => {
        part.set(received.subarray(at, at + counts[rank]), Math.min(start, part.length));
        at += counts[rank];
      });
    }
    return got;
  }

  #broadcast(own: Bytes | undefined, from: number, size: number): Uint8Array<ArrayBuffer> {
    const bytes = from === this.rank ? new Uint8Array(own!) : new Uint8Array(size);
    for (let start = 0; start < size; start += this.#pieceBytes) {
      this.#mpi.broadcast(bytes.subarray(start, start + this.#pieceBytes), from, this.#handle);
    }
    return bytes;
  }

  /** Returns how many items of `bytes` bytes each rank gives to one call. */
  #pieceOf(bytes: number): number {
    return Math.max(1, Math.floor(this.#pieceBytes / (bytes * this.size)));
  }
}

function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
