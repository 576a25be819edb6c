/**
 * The functions of an MPI library that are used, bound by FFI, with codes turned into errors.
 *
 * @module
 */
import { LlameroError } from "../../base/errors.ts";
import { abis, type Handle, type Handles, openMpiStatics } from "./abi.ts";
import type { Library } from "./library.ts";

/** The signatures; MPICH's handles are narrower than the others'. */
function signatures<H extends "i32" | "u64">(handle: H) {
  return {
    MPI_Init_thread: { parameters: ["pointer", "pointer", "i32", "buffer"], result: "i32" },
    MPI_Finalize: { parameters: [], result: "i32" },
    MPI_Abort: { parameters: [handle, "i32"], result: "i32" },
    MPI_Error_string: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
    MPI_Comm_set_errhandler: { parameters: [handle, handle], result: "i32" },
    MPI_Comm_rank: { parameters: [handle, "buffer"], result: "i32" },
    MPI_Comm_size: { parameters: [handle, "buffer"], result: "i32" },
    MPI_Comm_split: { parameters: [handle, "i32", "i32", "buffer"], result: "i32" },
    MPI_Isend: {
      parameters: ["pointer", "i32", handle, "i32", "i32", handle, "buffer"],
      result: "i32",
    },
    MPI_Iprobe: { parameters: ["i32", "i32", handle, "buffer", "buffer"], result: "i32" },
    MPI_Recv: {
      parameters: ["pointer", "i32", handle, "i32", "i32", handle, "buffer"],
      result: "i32",
    },
    MPI_Bcast: { parameters: ["pointer", "i32", handle, "i32", handle], result: "i32" },
    MPI_Allgather: {
      parameters: ["pointer", "i32", handle, "pointer", "i32", handle, handle],
      result: "i32",
    },
    MPI_Alltoall: {
      parameters: ["pointer", "i32", handle, "pointer", "i32", handle, handle],
      result: "i32",
    },
    MPI_Alltoallv: {
      parameters: [
        "pointer",
        "buffer",
        "buffer",
        handle,
        "pointer",
        "buffer",
        "buffer",
        handle,
        handle,
      ],
      result: "i32",
    },
  } as const;
}

type Symbols = Deno.DynamicLibrary<ReturnType<typeof signatures<"i32" | "u64">>>["symbols"];

/** Numbers that MPI reads or writes, on memory of this process or shared between its threads. */
export type Data = Uint8Array<ArrayBufferLike> | Float32Array<ArrayBufferLike>;

/** Bytes of the longest text of an error. */
const errorBytes = 1024;

/** Bytes of an `MPI_Status`, at most. */
const statusBytes = 64;

/** An MPI library that is open. */
export class Mpi {
  /** The handles of its world and types. */
  readonly handles: Readonly<Handles>;
  readonly #symbols: Symbols;
  readonly #library: Library;

  /** Opens the library; nothing of MPI is called. */
  constructor(library: Library) {
    const { handle, handles } = abis[library.abi];
    this.#library = library;
    this.#symbols = Deno.dlopen(library.path, signatures(handle)).symbols;
    this.handles = handles ?? openMpiHandles(library.path);
  }

  /** Joins the world of the launcher and returns the level of threads that the library grants. */
  init(): { granted: boolean } {
    const level = new Int32Array(1);
    const { threadMultiple } = abis[this.#library.abi];
    this.#check(this.#symbols.MPI_Init_thread(null, null, threadMultiple, level), "MPI_Init_thread");
    this.#returnErrors(this.handles.world);
    return { granted: level[0] >= threadMultiple };
  }

  /** Leaves the world; waits for the other ranks to do the same. */
  finalize(): void {
    this.#symbols.MPI_Finalize();
  }

  /** Ends all ranks with an exit code. */
  abort(code: number): void {
    this.#symbols.MPI_Abort(this.handles.world, code);
  }

  /** Returns the rank of this process in a communicator. */
  rank(comm: Handle): number {
    const out = new Int32Array(1);
    this.#check(this.#symbols.MPI_Comm_rank(comm, out), "MPI_Comm_rank");
    return out[0];
  }

  /** Returns the number of ranks of a communicator. */
  size(comm: Handle): number {
    const out = new Int32Array(1);
    this.#check(this.#symbols.MPI_Comm_size(comm, out), "MPI_Comm_size");
    return out[0];
  }

  /** Divides a communicator: ranks of equal `part` form a new one, in the order of `key`. */
  split(comm: Handle, part: number, key: number): Handle {
    const out = new BigUint64Array(1);
    this.#check(this.#symbols.MPI_Comm_split(comm, part, key, out), "MPI_Comm_split");
    const split = abis[this.#library.abi].handle === "i32" ? new Int32Array(out.buffer)[0] : out[0];
    this.#returnErrors(split);
    return split;
  }

  /** Sends `data` of rank `from` to all. */
  broadcast(data: Data, from: number, comm: Handle): void {
    const { MPI_Bcast } = this.#symbols;
    this.#check(MPI_Bcast(at(data), data.length, this.#type(data), from, comm), "MPI_Bcast");
  }

  /** Gathers `own` of all ranks in `all`, which is `size` times as long. */
  allGather(own: Data, all: Data, comm: Handle): void {
    const type = this.#type(own);
    const { MPI_Allgather } = this.#symbols;
    this.#check(
      MPI_Allgather(at(own), own.length, type, at(all), own.length, type, comm),
      "MPI_Allgather",
    );
  }

  /** Sends part r of `own` to rank r and receives the parts of all in `all`, each of `count` numbers. */
  allToAll(own: Data, all: Data, count: number, comm: Handle): void {
    const type = this.#type(own);
    const { MPI_Alltoall } = this.#symbols;
    this.#check(MPI_Alltoall(at(own), count, type, at(all), count, type, comm), "MPI_Alltoall");
  }

  /** Sends `counts[r]` bytes of `own` to rank r and receives `gotCounts[r]` bytes from rank r, one behind another. */
  allToAllBytes(
    own: Uint8Array<ArrayBuffer>,
    counts: Int32Array<ArrayBuffer>,
    got: Uint8Array<ArrayBuffer>,
    gotCounts: Int32Array<ArrayBuffer>,
    comm: Handle,
  ): void {
    const { byte } = this.handles;
    const starts = startsOf(counts);
    const gotStarts = startsOf(gotCounts);
    const { MPI_Alltoallv } = this.#symbols;
    this.#check(
      MPI_Alltoallv(at(own), counts, starts, byte, at(got), gotCounts, gotStarts, byte, comm),
      "MPI_Alltoallv",
    );
  }

  /** Sends a few bytes to rank `to` and does not wait; the caller keeps them alive. */
  post(bytes: Uint8Array<ArrayBuffer>, to: number, comm: Handle): void {
    const { MPI_Isend } = this.#symbols;
    const request = new BigUint64Array(1); // never asked for again: so small a message is on its way at once
    const { byte } = this.handles;
    this.#check(MPI_Isend(at(bytes), bytes.length, byte, to, 0, comm, request), "MPI_Isend");
  }

  /** Returns true and fills `bytes` where rank `from` has posted something. */
  take(bytes: Uint8Array<ArrayBuffer>, from: number, comm: Handle): boolean {
    const found = new Int32Array(1);
    const status = new Uint8Array(statusBytes);
    const { MPI_Iprobe, MPI_Recv } = this.#symbols;
    this.#check(MPI_Iprobe(from, 0, comm, found, status), "MPI_Iprobe");
    if (found[0] === 0) return false;
    const { byte } = this.handles;
    this.#check(MPI_Recv(at(bytes), bytes.length, byte, from, 0, comm, status), "MPI_Recv");
    return true;
  }

  #type(data: Data): Handle {
    return data instanceof Float32Array ? this.handles.float : this.handles.byte;
  }

  #returnErrors(comm: Handle): void {
    const code = this.#symbols.MPI_Comm_set_errhandler(comm, this.handles.errorsReturn);
    this.#check(code, "MPI_Comm_set_errhandler");
  }

  #check(code: number, name: string): void {
    if (code === 0) return;
    const text = new Uint8Array(errorBytes);
    const length = new Int32Array(1);
    const known = this.#symbols.MPI_Error_string(code, text, length) === 0;
    const words = known ? new TextDecoder().decode(text.subarray(0, length[0])).replaceAll("\0", "") : "";
    throw new LlameroError(
      `${name} failed with code ${code}: ${words} (${this.#library.version.slice(0, 60)})`,
    );
  }
}

/** Returns the addresses of Open MPI's structs. */
function openMpiHandles(path: string): Handles {
  const { symbols } = Deno.dlopen(
    path,
    {
      world: { name: openMpiStatics.world, type: "pointer" },
      byte: { name: openMpiStatics.byte, type: "pointer" },
      float: { name: openMpiStatics.float, type: "pointer" },
      errorsReturn: { name: openMpiStatics.errorsReturn, type: "pointer" },
    } as const,
  );
  const { value } = Deno.UnsafePointer;
  return {
    world: value(symbols.world),
    byte: value(symbols.byte),
    float: value(symbols.float),
    errorsReturn: value(symbols.errorsReturn),
  };
}

/** Returns the address of numbers, which the caller keeps alive; FFI takes shared memory, though its types do not say so. */
function at(data: Data): Deno.PointerValue {
  return data.length === 0 ? null : Deno.UnsafePointer.of(data as Uint8Array<ArrayBuffer>);
}

function startsOf(counts: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const starts = new Int32Array(counts.length);
  for (let i = 1; i < counts.length; i++) starts[i] = starts[i - 1] + counts[i - 1];
  return starts;
}
