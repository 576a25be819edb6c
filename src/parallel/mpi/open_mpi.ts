/**
 * Joining the world of ranks that an MPI launcher started.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Group } from "../../base/exchange.ts";
import { hostName } from "../environment.ts";
import type { Launcher } from "../launcher.ts";
import { keepLoaded } from "./abi.ts";
import { Connection } from "./connection.ts";
import { Distress } from "./distress.ts";
import { findLibrary, type Library } from "./library.ts";
import { Mpi } from "./mpi.ts";
import { MpiGroup } from "./mpi_group.ts";
import { Watch } from "./watch.ts";

/** Bytes that one call of MPI moves on a rank: its counts are 32-bit integers, and its scratch memory is ours. [ours] */
const pieceBytes = 2 ** 26;

/**
 * Joins the world of a launcher.
 *
 * @throws {ConfigError} where no library is found, it may not be opened, or it is of another kind than the launcher
 */
export async function openMpi(launcher: Launcher, options: { pieceBytes?: number } = {}): Promise<Group> {
  try {
    return await join(launcher, options.pieceBytes ?? pieceBytes);
  } catch (error) {
    const { localRank, rank, size } = launcher;
    if (!(error instanceof ConfigError) || !localRank) throw error;
    // All ranks of a host have the same error: the first of them shows it whole.
    const short = `Cannot run as rank ${rank} of ${size}: the first rank of host ${hostName()} says why`;
    throw new ConfigError(short, { path: error.path });
  }
}

async function join(launcher: Launcher, pieceBytes: number): Promise<Group> {
  const library = findLibrary(launcher);
  keepLoaded(library.path);
  yieldWhileWaiting(library);
  const mpi = new Mpi(library);
  const watch = new Watch(mpi, launcher);
  const connection = new Connection(
    { library, pieceBytes, host: hostName() },
    (waiting, seconds) => watch.look(waiting, seconds),
  );
  watch.listen();
  const { rank, members, hosts, own } = await connection.join();
  const size = members.length;
  if (size !== launcher.size || rank !== launcher.rank) throw wrongKind(launcher, library, rank, size);
  const world = new MpiGroup(connection, 0, rank, size);
  watch.world = world;
  watch.distress = own === undefined ? undefined : new Distress(mpi, own, rank, size);
  watch.busy = () => connection.busy;
  world.hosts = hosts!;
  return world;
}

/**
 * Lets Open MPI give its core away while it waits for other ranks: a rank has other threads that want it. Without that a rank
 * that waits slowed its neighbour on a host with few cores down to half its speed.
 */
function yieldWhileWaiting({ version }: Library): void {
  const name = "OMPI_MCA_mpi_yield_when_idle";
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  if (!version.startsWith("Open MPI") || state !== "granted" || Deno.env.get(name) !== undefined) return;
  Deno.env.set(name, "1");
}

/** Returns the error of a library that does not know the launcher: each rank would train alone. */
function wrongKind(launcher: Launcher, { path, version }: Library, rank: number, size: number): ConfigError {
  const remedy = {
    openmpi:
      "set LLAMERO_MPI to Open MPI's library (libmpi.so.40), or use the mpirun that belongs to this one",
    mpich:
      "set LLAMERO_MPI to the library of that launcher (libmpich.so.12), or use the mpirun that belongs to this one",
    slurm: "use srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH), or mpirun inside of the job",
  }[launcher.kind];
  const names = { openmpi: "Open MPI", mpich: "MPICH or its kin", slurm: "Slurm" };
  return new ConfigError(
    `Cannot run as rank ${launcher.rank} of ${launcher.size} under the launcher of ${
      names[launcher.kind]
    }: ` +
      `the library ${path} (${
        version.slice(0, 40)
      }) sees rank ${rank} of ${size}. They are of different kinds: ${remedy}`,
    { path: "LLAMERO_MPI", value: path },
  );
}
