/**
 * The ranks of this process: those of its launcher, or itself alone.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import type { Group, Ranks } from "../base/exchange.ts";
import { localWorld } from "./local_world.ts";
import { singleRanks } from "./single.ts";
import { ownLauncher } from "./world.ts";

let joined: Promise<Group> | undefined;

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
  const { openMpi } = await import("./mpi/open_mpi.ts");
  return await (joined ??= openMpi(launcher));
}

/**
 * Divides the world into groups of `modelRanks` neighbours, each of which holds one copy of the model. Every rank calls it.
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
  const { world: single } = singleRanks;
  const copy = Math.floor(world.rank / modelRanks);
  const model = modelRanks === 1 ? single : await world.split(copy);
  const data = modelRanks === 1 ? world : await world.split(world.rank % modelRanks);
  return { world, data: data.size === 1 ? single : data, model };
}
