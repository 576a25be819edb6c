/**
 * Proof that all ranks do the same run: equal plans, equal software and adapters, and the kernels of rank 0.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { fromRank, gatherValues, type Group } from "../../base/exchange.ts";
import { show } from "../../base/schema.ts";
import { rankName, shownByFirst } from "../../base/together.ts";
import type { Device } from "../../gpu/mod.ts";
import { useKernelTable } from "../../ops/mod.ts";
import { differingField } from "../checkpoints/compare_plans.ts";
import type { KernelTable, RunPlan } from "../monitoring/run_state.ts";

/** The parts of a kernel table that must be equal on all ranks; the choices are those of rank 0. */
const compared = ["sdk", "revision", "adapter", "subgroup", "int64", "padded", "packed"] as const;

/**
 * Throws unless all ranks have the same plan.
 *
 * @throws {ConfigError} naming the first difference and the two ranks
 */
export async function requireSamePlan(world: Group, plan: RunPlan, fingerprint: string): Promise<void> {
  if (world.size === 1) return;
  const all = await gatherValues(world, fingerprint, "plans");
  const other = all.findIndex((one) => one !== all[0]);
  if (other < 0) return;
  const plans = await gatherValues(world, plan, "differing plans");
  const difference = differingField(plans[0], plans[other]) ?? "their plans differ";
  throw shownByFirst(
    world,
    new ConfigError(
      `Cannot run: ${rankName(world, other)} has another plan than ${
        rankName(world, 0)
      }: ${difference}. Every ` +
        "process must run the same script on the same data",
      { path: "Trainer.run" },
    ),
  );
}

/**
 * Gives all ranks the kernel choices of rank 0, and compares what else decides the last bits.
 *
 * @param force true to go on although ranks differ
 * @returns the difference that was passed over
 * @throws {ConfigError} naming the first difference and the two ranks, unless it is forced
 */
export async function shareKernels(
  world: Group,
  device: Device,
  kernels: KernelTable,
  force: boolean,
): Promise<string | undefined> {
  if (world.size === 1) return undefined;
  const own = compared.map((key) => kernels[key] ?? null);
  const all = await gatherValues(world, own, "kernels");
  const difference = differenceOf(world, all);
  if (difference && !force) {
    throw shownByFirst(
      world,
      new ConfigError(
        `Cannot run: ${difference}. Use equal devices and drivers on all hosts, or go on with ` +
          "resume(dir, { force: true }), which is not exact",
        { path: "Trainer.run" },
      ),
    );
  }
  const choices = await fromRank(world, 0, "kernel table", () => kernels.choices);
  if (useKernelTable(device, choices)) kernels.choices = choices;
  return difference;
}

function differenceOf(world: Group, all: readonly (readonly unknown[])[]): string | undefined {
  for (const [i, key] of compared.entries()) {
    const other = all.findIndex((one) => one[i] !== all[0][i]);
    if (other < 0) continue;
    return `kernels.${key} is ${show(all[other][i])} on ${rankName(world, other)} and ${
      show(all[0][i])
    } on ` +
      rankName(world, 0);
  }
}
