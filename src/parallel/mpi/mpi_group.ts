/**
 * A group of ranks over MPI.
 *
 * @module
 */
import { type CollectiveKind, CollectiveLog, type CollectiveRecord } from "../../base/collective_log.ts";
import { LlameroError } from "../../base/errors.ts";
import type { Bytes, Group } from "../../base/exchange.ts";
import { currentRun } from "../run_guard.ts";
import { singleGroup } from "../single.ts";
import type { Connection } from "./connection.ts";
import type { Command, Result } from "./thread_messages.ts";

/** A group of ranks over MPI. */
export class MpiGroup implements Group {
  readonly log: CollectiveLog = new CollectiveLog();
  /** The host of each rank. */
  hosts: readonly string[] = [];
  readonly #connection: Connection;
  readonly #comm: number;

  /** Makes the group of communicator number `comm`. */
  constructor(connection: Connection, comm: number, readonly rank: number, readonly size: number) {
    this.#connection = connection;
    this.#comm = comm;
  }

  async allGather(own: Bytes, label: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = steady(own);
    const sent = own.byteLength * (this.size - 1);
    return (await this.#run({ kind: "allGather", label, bytes }, sent, moved([own], [bytes]))).bytes!;
  }

  async reduceScatter(
    values: Float32Array<ArrayBufferLike>,
    label: string,
    onto?: Float32Array<ArrayBufferLike>,
  ): Promise<Float32Array<ArrayBuffer>> {
    if (values.length % this.size !== 0) {
      throw new LlameroError(
        `Cannot divide the ${values.length} numbers of "${label}" between ${this.size} ranks`,
      );
    }
    const own = isShared(values) ? values : new Float32Array(values);
    const base = onto && (isShared(onto) ? onto : new Float32Array(onto));
    const command = { kind: "reduceScatter", label, values: own, onto: base } as const;
    const sent = values.byteLength / this.size * (this.size - 1);
    return (await this.#run(command, sent, moved([values, onto], [own, base]))).values!;
  }

  async allToAll(parts: readonly Bytes[], label: string): Promise<Uint8Array<ArrayBuffer>[]> {
    if (parts.length !== this.size) {
      throw new LlameroError(`Cannot send ${parts.length} parts of "${label}" to ${this.size} ranks`);
    }
    const own = parts.map(steady);
    const sent = parts.reduce((sum, part, rank) => sum + (rank === this.rank ? 0 : part.byteLength), 0);
    return (await this.#run({ kind: "allToAll", label, parts: own }, sent, moved(parts, own))).parts!;
  }

  async broadcast(bytes: Bytes | undefined, from: number, label: string): Promise<Uint8Array<ArrayBuffer>> {
    if (!(from >= 0 && from < this.size)) {
      throw new LlameroError(`Cannot broadcast "${label}" from rank ${from} of ${this.size}`);
    }
    const own = this.rank === from ? steady(bytes!) : undefined;
    const sent = own ? own.byteLength * (this.size - 1) : 0;
    const command = { kind: "broadcast", label, bytes: own, from } as const;
    return (await this.#run(command, sent, moved([bytes], [own]))).bytes!;
  }

  async barrier(label: string): Promise<void> {
    await this.#run({ kind: "barrier", label }, 0);
  }

  async split(part: number): Promise<Group> {
    const comm = this.#connection.newComm();
    const { place } = await this.#ask({ kind: "split", label: "split", split: { part, comm } });
    const { rank, members } = place!;
    if (members.length === 1) return singleGroup;
    const group = new MpiGroup(this.#connection, comm, rank, members.length);
    group.hosts = members.map((member) => this.hosts[member]);
    return group;
  }

  fail(error: unknown): void {
    const label = error instanceof Error ? error.message : String(error);
    this.#ask({ kind: "failed", label }).catch(() => {}); // the others have the error then
  }

  async #run(
    command: Omit<Command, "id" | "comm" | "kind"> & { kind: CollectiveKind },
    sent: number,
    move?: ArrayBuffer[],
  ): Promise<Result> {
    const record: CollectiveRecord = this.log.add(command.kind, command.label, sent);
    const answer = await this.#ask(command, move);
    this.log.end(record, answer.begin, answer.end);
    return answer;
  }

  #ask(command: Omit<Command, "id" | "comm">, move?: ArrayBuffer[]): ReturnType<Connection["ask"]> {
    return this.#connection.ask({ ...command, comm: this.#comm, step: currentRun()?.step?.() }, move);
  }
}

function isShared({ buffer }: Bytes | Float32Array<ArrayBufferLike>): boolean {
  return buffer instanceof SharedArrayBuffer;
}

/** Returns bytes on shared memory as they are, and a copy of others: the caller may change its own at once. */
function steady(bytes: Bytes): Bytes {
  return isShared(bytes) ? bytes : new Uint8Array(bytes);
}

type Numbers = Bytes | Float32Array<ArrayBufferLike> | undefined;

/** Returns the buffers of the copies, which move to the thread. */
function moved(given: readonly Numbers[], own: readonly Numbers[]): ArrayBuffer[] {
  return own.flatMap((array, i) => array && array !== given[i] ? [array.buffer as ArrayBuffer] : []);
}
