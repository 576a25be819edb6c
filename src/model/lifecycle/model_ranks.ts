/**
 * The processes that hold a model together.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Ranks } from "../../base/exchange.ts";
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
