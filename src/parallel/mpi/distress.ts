/**
 * Messages between ranks that wait too long, so that the one that gives up can name those that are not there.
 *
 * @module
 */
import type { CollectivePlace } from "../disagreement.ts";
import type { Handle } from "./abi.ts";
import { type Header, headerBytes, packHeader, unpackHeaders } from "./collective_header.ts";
import type { Mpi } from "./mpi.ts";

/** Ranks that are told of those that wait; the first of them to give up knows of all. [ours] */
const most = 64;

/** The messages of one rank about waiting, and those of others that it has heard. */
export class Distress {
  readonly #mpi: Mpi;
  readonly #comm: Handle;
  readonly #rank: number;
  readonly #size: number;
  /** Messages on their way; the library reads them from here. */
  readonly #sent: Uint8Array<ArrayBuffer>[] = [];
  readonly #heard = new Map<number, Header>();
  #told = -1;

  /** Makes the messages of rank `rank` of `size`, over a communicator that nobody else uses. */
  constructor(mpi: Mpi, comm: Handle, rank: number, size: number) {
    this.#mpi = mpi;
    this.#comm = comm;
    this.#rank = rank;
    this.#size = size;
  }

  /** Tells other ranks, once for each command, that this one waits; `id` is the number of its command. */
  tell(id: number, { label, from, size, step }: CollectivePlace, kind: Header["kind"]): void {
    if (this.#told === id) return;
    this.#told = id;
    const bytes = packHeader({ kind, label, from, size, step, extent: id });
    this.#sent.push(bytes);
    for (let rank = 0; rank < Math.min(this.#size, most); rank++) {
      if (rank !== this.#rank) this.#mpi.post(bytes, rank, this.#comm);
    }
  }

  /** Returns where the other ranks wait, by rank: those that have said so since command `id`, and undefined for the others. */
  hear(id: number): Map<number, CollectivePlace | undefined> {
    const places = new Map<number, CollectivePlace | undefined>();
    if (this.#rank >= most) return places;
    const bytes = new Uint8Array(headerBytes);
    for (let rank = 0; rank < this.#size; rank++) {
      if (rank === this.#rank) continue;
      while (this.#mpi.take(bytes, rank, this.#comm)) this.#heard.set(rank, unpackHeaders(bytes)[0]);
      const heard = this.#heard.get(rank);
      places.set(rank, heard && heard.extent >= id ? heard : undefined);
    }
    return places;
  }
}
