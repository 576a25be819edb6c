/**
 * The one thread that calls MPI: it joins the world and runs all collectives of this process, one after another.
 *
 * It is a worker of its own, so that the main thread stays free for timers and Stop while a call waits for other ranks.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { RankError } from "../../base/exchange.ts";
import { Communicator } from "./communicator.ts";
import {
  type Answer,
  type Command,
  type Packed,
  packMessage,
  type Result,
  type ThreadData,
  unpackMessage,
} from "./thread_messages.ts";
import { Mpi } from "./mpi.ts";

/** Runs commands on the communicators of this process. */
class MpiThread {
  readonly #comms = new Map<number, Communicator>();

  constructor(world: Communicator) {
    this.#comms.set(0, world);
  }

  run(command: Command): Result {
    const comm = this.#comms.get(command.comm)!;
    const result = comm.run(command);
    if (!command.split) return result;
    const part = comm.split(command.split.part);
    this.#comms.set(command.split.comm, part);
    return { place: { rank: part.rank, members: part.ranksIn(comm) } };
  }
}

/** Returns the hosts of all ranks; `own` is that of this one. */
function hostsOf(world: Communicator, own: string): string[] {
  const parts = Array<Uint8Array>(world.size).fill(new TextEncoder().encode(own));
  const all = world.run({ id: -1, comm: 0, kind: "allToAll", label: "hosts", parts }).parts!;
  return all.map((bytes) => new TextDecoder().decode(bytes));
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Runs `work` and sends its result or its failure. */
function answer(id: number, work: () => Result): void {
  const begin = now();
  let result: Result & Pick<Answer, "error">;
  try {
    result = work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    result = { error: { message, failedRank: error instanceof RankError ? error.failedRank : undefined } };
  }
  const buffers = [result.bytes, result.values, ...result.parts ?? []].flatMap((array) =>
    array?.buffer ?? []
  );
  parentPort!.postMessage(packMessage<Answer>({ id, begin, end: now(), ...result }), buffers);
}

if (parentPort && workerData?.library) {
  const { library, pieceBytes, host } = workerData as ThreadData;
  let thread: MpiThread | undefined;
  answer(-1, () => {
    const mpi = new Mpi(library);
    const { granted } = mpi.init();
    const world = new Communicator(mpi, mpi.handles.world, pieceBytes);
    thread = new MpiThread(world);
    const own = mpi.split(mpi.handles.world, 0, world.rank);
    return {
      place: {
        rank: world.rank,
        members: world.ranksIn(world),
        hosts: hostsOf(world, host),
        own: granted ? own : undefined,
      },
    };
  });
  parentPort.on("message", (message: Packed<Command>) => {
    const command = unpackMessage(message);
    answer(command.id, () => thread!.run(command));
  });
}
