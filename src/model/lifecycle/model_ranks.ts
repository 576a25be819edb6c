/**
 * The processes that hold a model together, and what they must have in common.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { fromRank, gatherValues, type Group, type Ranks } from "../../base/exchange.ts";
import { shownByFirst, together } from "../../base/together.ts";
import type { Device } from "../../gpu/mod.ts";
import { kernelTable, useKernelTable } from "../../ops/mod.ts";
import { openRanks, openWorld } from "../../parallel/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { checkUncut } from "../architecture/parts.ts";
import { checkShards } from "../architecture/shard.ts";

/**
 * Opens the groups of this process for a model of which `model` processes hold a copy. Every process calls it.
 *
 * @param caller the call whose options these are, for errors
 * @throws {ConfigError} for a number that does not suit the model or the number of processes, or without a launcher
 */
export async function openModelRanks(
  config: ModelConfig,
  { model = 1 }: { model?: number } = {},
  caller: string,
): Promise<Ranks> {
  if (model === 1) return await openRanks();
  const path = `${caller}.parallel.model`;
  checkShards(config, model, path);
  checkUncut(config, model, path);
  if ((await openWorld()).size === 1) {
    throw new ConfigError(
      `Cannot use ${path}: ${model} processes would hold the model, and this one runs alone. Start the script with ` +
        `mpirun -n ${model} deno run -A SCRIPT.ts`,
      { path, value: model },
    );
  }
  return await openRanks(model);
}

/**
 * Refuses ranks that make different models together. Every rank calls it.
 *
 * @param model all that must be equal
 * @throws {ConfigError} naming two ranks and the first field that differs
 */
export async function requireAlike(
  { world }: Ranks,
  model: Readonly<Record<string, unknown>>,
  caller: string,
): Promise<void> {
  const all = await gatherValues(world, model, caller);
  const shown = (rank: number, field: string) => JSON.stringify(all[rank][field]);
  for (const field of Object.keys(all[0])) {
    const other = all.findIndex((_, rank) => shown(rank, field) !== shown(0, field));
    if (other < 0) continue;
    throw shownByFirst(
      world,
      new ConfigError(
        `Cannot share a model: ${field} of ${caller} is ${shown(0, field)} on rank 0 and ${
          shown(other, field)
        } on rank ` +
          `${other}. Give all ranks the same options and files`,
        { path: `${caller}.${field}` },
      ),
    );
  }
}

/**
 * Gives all processes of a model the kernels that the first one chose: each measures for itself, and other kernels round
 * otherwise, so that one process could choose another token than the rest. Every process calls it.
 *
 * @throws {ConfigError} for a device that does not know them; the other processes throw a `RankError`
 */
export async function adoptKernels(device: Device, group: Group): Promise<void> {
  if (group.size === 1) return;
  const table = await fromRank(group, 0, "kernels", () => kernelTable(device));
  await together(group, "kernels", () => {
    if (useKernelTable(device, table)) return;
    throw new ConfigError(
      `Cannot hold a part of the model on ${device.adapter}: it has other kernels than the device of process 0 of the model. ` +
        `Use devices of one kind`,
    );
  });
}
