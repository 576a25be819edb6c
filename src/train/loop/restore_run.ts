/**
 * The state in which a run begins: its plan and kernels, and weights and log out of the checkpoint it resumes from.
 *
 * @module
 */
import { shownByFirst, together } from "../../base/together.ts";
import type { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { kernelRevision, kernelTable, useKernelTable } from "../../ops/mod.ts";
import { type Checkpoint, restoreWeights } from "../checkpoints/checkpoint.ts";
import { anotherRun, differingField, differingKernels } from "../checkpoints/compare_plans.ts";
import { EnergyMeter } from "../monitoring/energy.ts";
import type { RunLog } from "../monitoring/run_log.ts";
import { type KernelTable, planFingerprint, type RunPlan } from "../monitoring/run_state.ts";
import { version } from "../monitoring/version.ts";
import { lanesOf, metered } from "../ranks/run_parallel.ts";
import { requireSamePlan, shareKernels } from "../ranks/same_run.ts";
import { tokensOf, withPlainTemplate } from "../stages/stage_data.ts";
import { type ChainItem, type RunContext, type RunSpec, stagesOf } from "./run_context.ts";
import type { Agreement } from "./agree.ts";
import type { RunControl } from "./run_control.ts";

/**
 * Makes the context of a run; with a checkpoint, restores weights, log and kernel table from it.
 *
 * @throws {ConfigError} naming the first difference when the checkpoint belongs to another run, unless that is forced
 */
export async function restoreRun(
  spec: RunSpec & Pick<RunContext, "trace">,
  control: RunControl,
  log: RunLog,
  { checkpoint, agreement }: { checkpoint?: Checkpoint; agreement?: Agreement } = {},
): Promise<RunContext> {
  const { model, energy, parallel } = spec;
  const chain = checkpoint ? withRecordedMicroBatches(spec.chain, checkpoint.state.plan) : spec.chain;
  const lanes = lanesOf(parallel, checkpoint && (checkpoint.state.plan.lanes ?? 1));
  const identity = await identify({ ...spec, chain }, lanes, log);
  const wattHours = log.meter?.use().wattHours ?? checkpoint?.state.wattHours; // repeated steps took energy, too
  if (energy) {
    log.meter = new EnergyMeter(energy, model.device, { wattHoursBefore: wattHours, ...metered(parallel) });
  }
  const context: RunContext = { ...spec, ...identity, chain, control, log, lanes, agreement };
  if (checkpoint) await restore(context, checkpoint);
  return context;
}

/**
 * Returns plan and kernels of a run, after a comparison over all ranks, which take the kernels of rank 0.
 *
 * @throws {ConfigError} naming the first difference and the two ranks
 */
export async function identify(
  spec: RunSpec,
  lanes: number,
  log: RunLog,
): Promise<Pick<RunContext, "plan" | "fingerprint" | "kernels">> {
  const { model, resume, parallel: { ranks: { world } } } = spec;
  const plan = await together(world, "plan", () => planOf(spec, lanes));
  const kernels = kernelsOf(model);
  const fingerprint = await planFingerprint(plan);
  await requireSamePlan(world, plan, fingerprint);
  const difference = await shareKernels(world, model.device, kernels, resume?.force ?? false);
  if (difference) {
    log.exact = false;
    log.warn(`The run is not exact: ${difference}`);
  }
  return { plan, fingerprint, kernels };
}

async function restore(context: RunContext, checkpoint: Checkpoint): Promise<void> {
  const { model, folder, resume, log, plan, kernels, parallel: { ranks } } = context;
  const { state, path } = checkpoint;
  const difference = differingField(state.plan, plan);
  if (difference && !resume!.force) throw shownByFirst(ranks.world, anotherRun(path, difference));
  log.restore(state);
  log.stage = state.stage;
  if (useKernelTable(model.device, state.kernels.choices)) kernels.choices = state.kernels.choices;
  kernels.microBatches = state.kernels.microBatches;
  const forced = difference && `it was forced to go on although ${difference}`;
  const parts = differingParts(state.parallel?.model ?? 1, ranks.model.size);
  for (const reason of [forced, differingKernels(state.kernels, kernels), parts]) {
    if (reason === undefined) continue;
    log.exact = false;
    log.warn(`The run is not bit for bit what it would have been: ${reason}`);
  }
  await restoreWeights(model, checkpoint);
  if (folder) folder.newest = path;
}

/** Describes another number of model ranks, for which sums over their parts have other last bits; undefined for the same. */
function differingParts(then: number, now: number): string | undefined {
  return then === now
    ? undefined
    : `its copy of the model was divided over ${then}, now it is over ${now} ranks`;
}

/** Replaces default micro-batches by those of the checkpoint, since a default may have changed meanwhile. */
function withRecordedMicroBatches(chain: readonly ChainItem[], recorded: RunPlan): readonly ChainItem[] {
  let index = 0;
  return chain.map((item) => {
    if (!("stage" in item)) return item;
    const earlier = recorded.stages[index++]?.settings;
    const { stage } = item;
    if (!earlier || stage.inherited.microBatch !== undefined) return item;
    const microBatch = Math.min(earlier.microBatch, stage.settings.batch);
    return { stage: { ...stage, settings: { ...stage.settings, microBatch } } };
  });
}

/** Returns everything that decides the run's numbers; looks at the data's files without reading them. */
function planOf({ model, seed, chain }: RunSpec, lanes: number): RunPlan {
  const stages = stagesOf(chain).map((stage) => ({
    settings: stage.settings,
    data: tokensOf(model, stage, stage.data).lineage,
    validation: stage.validation && tokensOf(model, stage, stage.validation).lineage,
  }));
  const tokenizer = model.tokenizer ? withPlainTemplate(model.tokenizer).fingerprint : null;
  const dtype = model.dtype === "f16" ? "f16" : "f32";
  return { seed, model: model.config, dtype, tokenizer, ...lanes > 1 && { lanes }, stages };
}

function kernelsOf(model: Model): KernelTable {
  const { adapter, subgroup, int64, f16 } = model.device;
  const { padded } = stateOf(model).layout;
  const packed = model.dtype === "f16" && !f16;
  return {
    sdk: version,
    revision: kernelRevision,
    adapter,
    subgroup,
    int64,
    ...padded && { padded },
    ...packed && { packed },
    choices: kernelTable(model.device),
  };
}
