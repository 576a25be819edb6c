/**
 * A run from end to end: take up where a checkpoint left it, then stage after stage, evaluation after evaluation.
 *
 * @module
 */
import { adoptTemplate, evaluate } from "./stage_hooks.ts";
import { type Checkpoint, restoreWeights } from "../checkpoints/checkpoint.ts";
import { findCheckpoint } from "../checkpoints/checkpoint_folder.ts";
import { kernelTable, useKernelTable } from "../../ops/mod.ts";
import { anotherRun, differingField, differingKernels } from "../checkpoints/compare_plans.ts";
import type { RunControl } from "./run_control.ts";
import { EnergyMeter } from "../monitoring/energy.ts";
import type { Item, RunContext, Work } from "./run_context.ts";
import type { Journal } from "../monitoring/run_log.ts";
import { acquireDevice } from "./run_registry.ts";
import type { Stage } from "../stages/stage.ts";
import { plain, tokensOf } from "../stages/stage_data.ts";
import { type Recurring, StageLoop } from "./stage_loop.ts";
import { type KernelTable, planFingerprint, type RunPlan, type RunState } from "../monitoring/run_state.ts";
import { writeCard } from "../checkpoints/training_card.ts";
import { version } from "../monitoring/version.ts";

/**
 * Does a job: waits for its turn on the device, says so, then trains.
 *
 * @returns how it ended; a failure rejects
 */
export async function train(
  job: RunContext,
  control: RunControl,
  journal: Journal,
  onStart: () => void,
): Promise<"done" | "stopped"> {
  const release = await acquireDevice(job.model.device, control.stopping);
  try {
    if (control.stopping.aborted) return "stopped";
    onStart();
    journal.clock(true);
    await job.folder?.prepare();
    const from = job.resume && await findCheckpoint(job.resume.path, (damaged, used) => {
      journal.warn(`A damaged checkpoint was passed over, going on from ${used}: ${damaged.message}`);
    });
    const items = from ? withRecordedMicroBatches(job.items, from.state.plan) : job.items;
    const plan = planOf(job, items);
    const kernels = kernelsOf(job);
    const work = {
      job: { ...job, items },
      control,
      journal,
      plan,
      kernels,
      fingerprint: await planFingerprint(plan),
    };
    const before = journal.meter?.use().wattHours ?? from?.state.wattHours; // repeated steps took energy, too
    if (job.energy) journal.meter = new EnergyMeter(job.energy, job.model.device, before);
    if (from) await restore(work, from);
    return await runItems(work, from);
  } finally {
    journal.clock(false);
    release();
  }
}

async function runItems(work: Work, from?: Checkpoint): Promise<"done" | "stopped"> {
  const { job: { items }, control } = work;
  const recurring: Recurring[] = [];
  const first = from?.state.index ?? -1;
  let index = -1;
  for (const item of items) {
    if (control.stopping.aborted) return "stopped";
    if ("evaluation" in item) {
      if (item.every !== undefined) recurring.push({ evaluation: item.evaluation, every: item.every });
      else if (index >= first) {
        await evaluate(work, item.evaluation);
        await describe(work, index);
      }
      continue;
    }
    index++;
    const inside = index === first ? from : undefined;
    if (index < first || (inside && isOver(item.stage, inside.state))) adoptTemplate(work, item.stage);
    else await stage(work, item.stage, index, recurring, inside);
  }
  const last = work.journal.stages.at(-1);
  const trained = last?.done === last?.steps;
  return trained && ("stage" in items[items.length - 1] || !control.stopping.aborted) ? "done" : "stopped";
}

/** Puts the scores of an evaluation behind a stage into the card of its checkpoint. */
async function describe({ job: { model, folder }, journal, plan }: Work, index: number): Promise<void> {
  if (!folder || index < 0 || journal.saved !== journal.step) return;
  await writeCard(`${folder.path}/${journal.stage}`, model, { ...journal.state(), plan, index }).catch((
    error,
  ) => journal.warn(`The model card could not be written: ${error.message}`));
}

async function stage(
  work: Work,
  stage: Stage,
  index: number,
  recurring: readonly Recurring[],
  from?: Checkpoint,
): Promise<void> {
  const { stopping } = work.control;
  let loop: StageLoop | undefined;
  try {
    loop = await StageLoop.open(work, stage, index, recurring, from);
    await loop.run();
  } catch (error) {
    if (error !== stopping.reason || !stopping.aborted) throw error; // else stopped while the data was made ready
  } finally {
    loop?.close();
  }
}

/** Whether a checkpoint stands at the end of a stage that is as long now as it was then. */
function isOver({ settings }: Stage, { plan, index, stageStep, stageSteps }: RunState): boolean {
  const then = plan.stages[index].settings.length;
  return stageStep === stageSteps && JSON.stringify(then) === JSON.stringify(settings.length);
}

/** Puts weights and books back, once the checkpoint is known to belong to this run. */
async function restore({ job, journal, plan, kernels }: Work, from: Checkpoint): Promise<void> {
  const { state, path } = from;
  const difference = differingField(state.plan, plan);
  if (difference && !job.resume!.force) throw anotherRun(path, difference);
  journal.continue(state);
  journal.stage = state.stage;
  if (useKernelTable(job.model.device, state.kernels.choices)) kernels.choices = state.kernels.choices;
  kernels.microBatches = state.kernels.microBatches;
  const other = differingKernels(state.kernels, kernels);
  const reasons = [difference && `it was forced to go on although ${difference}`, other];
  for (const reason of reasons.filter((reason) => reason !== undefined)) {
    journal.exact = false;
    journal.warn(`The run is not bit for bit what it would have been: ${reason}`);
  }
  await restoreWeights(job.model, from);
  if (job.folder) job.folder.newest = path;
}

/** Micro-batches that nobody asked for are those of the checkpoint, whatever their default is now. */
function withRecordedMicroBatches(items: readonly Item[], plan: RunPlan): readonly Item[] {
  let index = 0;
  return items.map((item) => {
    if (!("stage" in item)) return item;
    const then = plan.stages[index++]?.settings;
    const { stage } = item;
    if (!then || stage.inherited.microBatch !== undefined) return item;
    const microBatch = Math.min(then.microBatch, stage.settings.batch);
    return { stage: { ...stage, settings: { ...stage.settings, microBatch } } };
  });
}

/** What the run is made of; looks at the data's files. */
function planOf({ model, seed }: RunContext, items: readonly Item[]): RunPlan {
  const stages = items.flatMap((item) => "stage" in item ? [item.stage] : []).map((stage) => ({
    settings: stage.settings,
    data: tokensOf(model, stage, stage.data).lineage,
    validation: stage.validation && tokensOf(model, stage, stage.validation).lineage,
  }));
  const tokenizer = model.tokenizer ? plain(model.tokenizer).fingerprint : null;
  return { seed, model: model.config, dtype: model.dtype, tokenizer, stages };
}

function kernelsOf({ model: { device } }: RunContext): KernelTable {
  const { adapter, subgroup, int64 } = device;
  return { sdk: version, adapter, subgroup, int64, choices: kernelTable(device) };
}
