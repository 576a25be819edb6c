/**
 * The ranks of this process: those of its launcher, or itself alone.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import type { Group, Ranks } from "../base/exchange.ts";
import { lazily } from "../base/lazy_import.ts";
import { localWorld } from "./local_world.ts";
import { singleRanks } from "./single.ts";
import { ownLauncher } from "./world.ts";

let joined: Promise<Group> | undefined;

/** The divisions of a world by number of model ranks: all models of a kind share theirs, since a library has only so many. */
const divisions = new WeakMap<Group, Map<number, Promise<Ranks>>>();

/**
 * Returns the world: the group of all ranks. Under a launcher with several ranks the first call joins it.
 *
 * @throws {ConfigError} where no MPI library is found, it may not be opened, or it is of another kind than the launcher
 */
export async function openWorld(): Promise<Group> {
  const local = localWorld();
  if (local) return local;
  const launcher = ownLauncher();
  if (!launcher || launcher.size === 1) return singleRanks.world;
  const { openMpi } = await lazily(() => import("./mpi/open_mpi.ts"));
  return await (joined ??= openMpi(launcher));
}

/**
 * Divides the world into groups of `modelRanks` neighbours, each of which holds one copy of the model. Every rank calls it;
 * the groups of one number are made once.
 *
 * @throws {ConfigError} for a number that does not divide the number of ranks, naming those that do
 */
export async function openRanks(modelRanks = 1): Promise<Ranks> {
  const world = await openWorld();
  if (world.size % modelRanks !== 0) {
    const fitting = Array.from({ length: world.size }, (_, i) => i + 1).filter((n) => world.size % n === 0);
    throw new ConfigError(
      `Cannot use parallel.model: it must divide the number of processes, ${world.size}: ${
        fitting.join(", ")
      }, ` +
        `current value is ${modelRanks}`,
      { path: "parallel.model", value: modelRanks },
    );
  }
  if (world.size === 1) return singleRanks;
  const known = divisions.get(world) ?? new Map<number, Promise<Ranks>>();
  divisions.set(world, known);
  const ranks = known.get(modelRanks) ?? divide(world, modelRanks);
  known.set(modelRanks, ranks);
  return await ranks;
}

async function divide(world: Group, modelRanks: number): Promise<Ranks> {
  const { world: single } = singleRanks;
  if (modelRanks === 1) return { world, data: world, model: single };
  const model = await world.split(Math.floor(world.rank / modelRanks));
  const data = await world.split(world.rank % modelRanks);
  return { world, data, model };
}
