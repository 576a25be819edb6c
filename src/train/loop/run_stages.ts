/**
 * A run from end to end: its stages and evaluations in order, and again from the last checkpoint when the GPU was lost.
 *
 * @module
 */
import type { FormatError } from "../../base/errors.ts";
import { isAgreed } from "../../base/together.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { findCheckpoint } from "../checkpoints/checkpoint_folder.ts";
import { lossOf, lostDeviceError } from "../checkpoints/storage_errors.ts";
import { writeCard } from "../checkpoints/training_card.ts";
import type { RunLog } from "../monitoring/run_log.ts";
import type { RunState } from "../monitoring/run_state.ts";
import type { Stage } from "../stages/stage.ts";
import { Agreement } from "./agree.ts";
import { DeviceRecovery } from "./device_recovery.ts";
import { restoreRun } from "./restore_run.ts";
import type { RunContext, RunSpec } from "./run_context.ts";
import type { RunControl } from "./run_control.ts";
import { acquireDevice } from "./run_registry.ts";
import { type RecurringEvaluation, runStage } from "./stage_loop.ts";
import { claimFolder } from "../ranks/folder_claim.ts";
import { adoptTemplate, runEvaluation } from "./stage_hooks.ts";

/** The description of a run, and where its trace is kept. */
type TracedSpec = RunSpec & Pick<RunContext, "trace">;

/**
 * Runs the chain of `spec` to its end, or until it is stopped. Waits for its turn on the device and then calls
 * `onStart`.
 *
 * @returns the way it ended
 * @throws {ConfigError} when the checkpoint to resume from belongs to another run
 * @throws {NumericsError} after too many skipped steps in a row
 * @throws {DeviceError} when the GPU was lost and the run cannot go on by itself
 */
export async function runStages(
  spec: TracedSpec,
  control: RunControl,
  log: RunLog,
  onStart: () => void,
): Promise<"done" | "stopped"> {
  const { ranks } = spec.parallel;
  if (ranks.world.size > 1) return await runTogether(spec, new Agreement(ranks, control, log), log, onStart);
  const recovery = new DeviceRecovery(spec, control, log);
  let attempt = spec;
  while (true) {
    try {
      return await runAttempt(attempt, control, log, onStart);
    } catch (error) {
      attempt = { ...spec, resume: await recovery.recover(error) };
    }
  }
}

/** Runs the chain on several ranks; a rank that fails while others wait for it ends their waiting. */
async function runTogether(
  spec: TracedSpec,
  agreement: Agreement,
  log: RunLog,
  onStart: () => void,
): Promise<"done" | "stopped"> {
  try {
    return await runAttempt(spec, agreement.control, log, onStart, agreement);
  } catch (cause) {
    const error = isAgreed(cause) ? cause : await lostOnRank(cause, spec, log);
    agreement.fail(error);
    throw error;
  }
}

/** Returns the error of a lost GPU where an error comes from that; others as they are. */
async function lostOnRank(error: unknown, { model, folder }: RunSpec, log: RunLog): Promise<unknown> {
  const lost = await lossOf(error, model.device);
  return lost === undefined ? error : lostDeviceError(error, lost, log, folder?.newest);
}

/** Runs the chain once, from the checkpoint to resume from where there is one. */
async function runAttempt(
  spec: TracedSpec,
  control: RunControl,
  log: RunLog,
  onStart: () => void,
  agreement?: Agreement,
): Promise<"done" | "stopped"> {
  const { model, folder, resume, parallel: { ranks: { world }, independent } } = spec;
  const release = await acquireDevice(model.device, control.requested);
  try {
    await agreement?.agree({ step: 0 });
    if (control.stopping.aborted) return "stopped";
    onStart();
    log.startClock();
    using _memory = log.watchMemory(model.device.held);
    using _claim = independent && folder ? claimFolder(folder.path) : undefined;
    await folder?.prepare(world);
    const onSkipped = ({ message }: FormatError, used: string) =>
      log.warnOwn(`A damaged checkpoint was passed over, going on from ${used}: ${message}`);
    const checkpoint = resume && await findCheckpoint(resume.path, onSkipped, world);
    const context = await log.timed(
      "preparing",
      () => restoreRun(spec, control, log, { checkpoint, agreement }),
    );
    return await runChain(context, checkpoint);
  } finally {
    log.stopClock();
    release();
  }
}

async function runChain(context: RunContext, checkpoint?: Checkpoint): Promise<"done" | "stopped"> {
  const { chain, model, control, log } = context;
  const recurring: RecurringEvaluation[] = [];
  const firstIndex = checkpoint?.state.index ?? -1;
  let index = -1;
  for (const item of chain) {
    if (control.stopping.aborted) return "stopped";
    if ("evaluation" in item) {
      const { evaluation, every } = item;
      if (every !== undefined) recurring.push({ evaluation, every });
      else if (index >= firstIndex) {
        await runEvaluation(context, evaluation);
        await updateCard(context, index);
      }
      continue;
    }
    const { stage } = item;
    index++;
    const from = index === firstIndex ? checkpoint : undefined;
    if (index < firstIndex || (from && isOver(stage, from.state))) adoptTemplate(model, stage, log);
    else await runStage(context, { stage, index, recurring, from });
  }
  const last = log.stages.at(-1);
  const trained = last?.done === last?.steps;
  return trained && ("stage" in chain[chain.length - 1] || !control.stopping.aborted) ? "done" : "stopped";
}

/** True when a checkpoint stands at the end of a stage whose length has not changed since. */
function isOver({ settings }: Stage, { plan, index, stageStep, stageSteps }: RunState): boolean {
  const { length } = plan.stages[index].settings;
  return stageStep === stageSteps && JSON.stringify(length) === JSON.stringify(settings.length);
}

/** Rewrites the model card of the stage before an evaluation, with the evaluation's scores. */
async function updateCard(context: RunContext, index: number): Promise<void> {
  const { model, folder, log, plan, parallel: { ranks } } = context;
  if (ranks.world.rank > 0 || !folder || index < 0 || log.saved !== log.step) return;
  const state = { ...log.state(), plan, index };
  await writeCard(`${folder.path}/${log.stage}`, model, state).catch((error) =>
    log.warn(`The model card could not be written: ${error.message}`)
  );
}
