/**
 * The processes that hold a model together, and what they must have in common.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { type Group, type Ranks, valueOf } from "../../base/exchange.ts";
import type { Device } from "../../gpu/mod.ts";
import { kernelTable, useKernelTable } from "../../ops/mod.ts";
import { openRanks, openWorld } from "../../parallel/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
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
 * Gives all processes of a model the kernels that the first one chose: each measures for itself, and other kernels round
 * otherwise, so that one process could choose another token than the rest.
 *
 * @throws {ConfigError} for a device that does not know them
 */
export async function shareKernels(device: Device, group: Group): Promise<void> {
  if (group.size === 1) return;
  const table = await valueOf(group, 0, "kernels", () => kernelTable(device));
  if (useKernelTable(device, table)) return;
  throw new ConfigError(
    `Cannot hold a part of the model on ${device.adapter}: it has other kernels than the device of process 0 of the model. ` +
      `Use devices of one kind`,
  );
}
