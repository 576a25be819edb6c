/**
 * Ranks inside this process, for lessons and tests: what several processes do, without a launcher and without MPI.
 *
 * @module
 */
import type { Group } from "../base/exchange.ts";
import { lazily } from "../base/lazy_import.ts";

/**
 * Runs `program` as `size` ranks of this process at the same time. Inside of it models and trainers are those of several
 * processes, and their collectives carry the same bytes; only the network is missing. Each rank needs a device of its own.
 *
 * ```ts
 * import { runLocalRanks } from "@llamero/sdk/parallel";
 *
 * const sums = await runLocalRanks(2, (world) => world.reduceScatter(Float32Array.of(1, 10), "example"));
 * console.log(sums.map(([sum]) => sum)); // [2, 20]: each rank has its part of the sum
 * ```
 *
 * @returns the results in the order of ranks
 * @throws the error of a rank that throws; the others fail at their next collective
 */
export async function runLocalRanks<T>(size: number, program: (world: Group) => Promise<T>): Promise<T[]> {
  const { loopback } = await lazily(() => import("./loopback.ts"));
  return await loopback(size, program);
}
