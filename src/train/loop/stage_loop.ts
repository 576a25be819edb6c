/**
 * One stage of a run: its steps, measurements and checkpoints, until the stage is over or the run is stopped.
 *
 * @module
 */
import { LlameroError, type NumericsError } from "../../base/errors.ts";
import { madeOf, shownByFirst } from "../../base/together.ts";
import type { StepRecord } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { differingReplica } from "../../model/lifecycle/compare_replicas.ts";
import { type Checkpoint, restoreMoments } from "../checkpoints/checkpoint.ts";
import { isBest } from "../checkpoints/checkpoint_folder.ts";
import { storageError } from "../checkpoints/storage_errors.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import { isSpike, nonFiniteError, skipReason, spikeError } from "../monitoring/skipped_steps.ts";
import { replicaError } from "../ranks/replica_error.ts";
import { parallelState } from "../ranks/run_parallel.ts";
import { shortStageWarning } from "../stages/schedule.ts";
import { defaultInterval, type Stage } from "../stages/stage.ts";
import { sourcesOf } from "../stages/stage_data.ts";
import type { Agreement } from "./agree.ts";
import { fetchStep, type OpenStage, openStage } from "./open_stage.ts";
import type { RunContext } from "./run_context.ts";
import { measureValidation, runEvaluation, writeSample } from "./stage_hooks.ts";

/** An evaluation that is run every so many steps of a stage. */
export interface RecurringEvaluation {
  /** The evaluation. */
  evaluation: Evaluation;
  /** Steps between two runs of it. */
  every: number;
}

/** A stage and its place in the run. */
interface StageStart {
  /** The stage. */
  stage: Stage;
  /** Position among the run's stages, counted from 0. */
  index: number;
  /** Evaluations that are run during the stage. */
  recurring: readonly RecurringEvaluation[];
  /** Checkpoint inside the stage to go on from. */
  from?: Checkpoint;
}

/**
 * Trains a stage to its end, or until the run is stopped.
 *
 * @throws {NumericsError} after too many skipped steps in a row
 */
export async function runStage(
  context: RunContext,
  { stage, index, recurring, from }: StageStart,
): Promise<void> {
  const { control: { stopping }, kernels, log } = context;
  const { name, microBatch } = stage.settings;
  try {
    const atOnce = kernels.microBatches?.[name] ?? microBatch;
    using opened = await log.timed("preparing", () => openStage(context, stage, index, atOnce));
    context.trace.follow(opened.queue.training);
    await new StageLoop(context, opened, recurring).run(from);
    await context.trace.collect(context.parallel.ranks.world);
  } catch (error) {
    if (error !== stopping.reason || !stopping.aborted) throw error; // else stopped while the stage was opened
  }
}

/** The steps of an open stage and what happens between them. */
class StageLoop {
  readonly #context: RunContext;
  readonly #opened: OpenStage;
  readonly #recurring: readonly RecurringEvaluation[];
  /** Steps between two measurements, checkpoints and samples. */
  readonly #intervals: { validate: number; checkpoint: number; sample: number; check: number };
  /** Steps of the run before this stage, and positions trained on. */
  #before = { step: 0, tokens: 0 };
  /** Steps of the stage that are enqueued. */
  #done = 0;
  /** Targets of the next batch that are not ignored, where ranks agreed on it. */
  #kept?: number;
  /** Step of the run after which ranks last compared what they hold in common. */
  #compared?: number;
  /** Seconds of the run when the steps were last recorded, or when work other than steps last ended. */
  #recordedSeconds = 0;

  constructor(context: RunContext, opened: OpenStage, recurring: readonly RecurringEvaluation[]) {
    this.#context = context;
    this.#opened = opened;
    this.#recurring = recurring;
    const { tokens: { steps, validation }, stage: { settings } } = opened;
    const { validateEvery, checkpointEvery, sampleEvery } = settings;
    this.#intervals = {
      validate: validation ? validateEvery ?? defaultInterval(steps) : Infinity,
      checkpoint: context.folder ? checkpointEvery ?? defaultInterval(steps) : Infinity,
      sample: sampleEvery ?? Infinity,
      check: context.agreement ? context.parallel.check : Infinity,
    };
  }

  /** Trains until the stage is over or the run is stopped, and saves. */
  async run(from?: Checkpoint): Promise<void> {
    const { agreement, control, log } = this.#context;
    const { queue, tokens: { steps, validation } } = this.#opened;
    this.#recordMicroBatch();
    await this.#begin(from);
    if (this.#done === 0) await measureValidation(this.#context, validation);
    this.#recordedSeconds = log.seconds;
    while (this.#done < steps) {
      if (agreement) await this.#agree(agreement);
      else await this.#yield();
      if (control.stopping.aborted) break;
      await this.#enqueue();
      const readBack = !agreement && queue.due; // ranks read back when they agree on it
      if (this.#done === steps || readBack || this.#isDue()) await this.#record();
      if (this.#isDue()) await this.#doDueWork();
    }
    await this.#record();
    await this.#saveAfterStop();
  }

  /** Records a micro-batch that had to be smaller than asked for, and warns. */
  #recordMicroBatch(): void {
    const { kernels, log } = this.#context;
    const { microBatch, stage: { settings } } = this.#opened;
    const { name, batch } = settings;
    const wanted = kernels.microBatches?.[name] ?? settings.microBatch;
    if (microBatch === wanted) return;
    kernels.microBatches = { ...kernels.microBatches, [name]: microBatch };
    log.exact = false;
    log.warn(
      `${name}: the GPU's memory is too small for ${wanted} sequences at once, ${microBatch} are taken; the batch ` +
        `stays ${batch}, so only the last bits differ`,
    );
  }

  /** Restores moments and records from a checkpoint inside the stage, and announces the stage. */
  async #begin(from?: Checkpoint): Promise<void> {
    const { agreement, lanes, log, model } = this.#context;
    const { index, queue, tokens, stage: { settings } } = this.#opened;
    const { name, context, batch } = settings;
    const { steps, train } = tokens;
    if (from) {
      await restoreMoments(queue.training, from, stateOf(model).ranks);
      queue.recall(log.history.filter(({ stage }) => stage === name));
      log.stages.pop();
    }
    const done = this.#done = from?.state.stageStep ?? 0;
    this.#before = { step: log.step - done, tokens: log.tokens - queue.tokensAfter(done) };
    log.stages.push({ name, steps, done });
    log.note = "";
    log.mixtures[name] = sourcesOf(tokens);
    stateOf(model).program = queue.training.program;
    log.emit({
      type: "stage",
      step: log.step,
      stage: name,
      index,
      steps,
      done,
      windows: train.windows,
      context,
      batchTokens: batch * context,
      validation: tokens.validationSource,
      ...(agreement && { devices: agreement.ranks.world.size, lanes }),
    });
    if (!from) this.#warnOfLittleData();
  }

  /** Warns of a stage that is too short, and of validation data that is missing or takes far more than its share. */
  #warnOfLittleData(): void {
    const { log } = this.#context;
    const { tokens: { steps, validation, heldShare = 0, validationSource }, stage: { settings } } =
      this.#opened;
    const { name, held, validationRequested } = settings;
    const warning = shortStageWarning(name, steps);
    if (warning) log.warn(warning);
    if (!held) return;
    const takesMuch = heldShare >= Math.max(2 * held, 0.1);
    if (validation ? takesMuch : validationRequested) log.warn(`validation of ${name}: ${validationSource}`);
  }

  /** Yields to the event loop, waits while the run is paused, and stops it after its last step. */
  async #yield(): Promise<void> {
    const { control } = this.#context;
    await control.yieldToEventLoop();
    if (control.paused) await this.#standStill(() => control.waitWhilePaused());
    this.#stopAtEnd();
  }

  /** Waits and stops with all ranks, reads back where one of them is due to, and fails where one cannot take the step. */
  async #agree(agreement: Agreement): Promise<void> {
    const { control, model } = this.#context;
    const { queue } = this.#opened;
    const step = this.#before.step + this.#done + 1;
    const fetched = fetchStep(model, queue, this.#done + 1);
    await control.yieldToEventLoop();
    this.#stopAtEnd();
    const { due, pause, kept } = await agreement.agree({ step, due: queue.due, ...fetched });
    this.#kept = kept;
    if (pause) await this.#standStill(() => agreement.waitWhilePaused(step));
    else if (due) await this.#record();
    control.takeStep();
    control.aborting.throwIfAborted();
  }

  /** Stops the run after the step that the caller named. */
  #stopAtEnd(): void {
    const { control, until = Infinity } = this.#context;
    if (this.#before.step + this.#done >= until && control.stops === 0) control.stop();
  }

  /** Reads back and stops the clock while the run waits. */
  async #standStill(wait: () => Promise<void>): Promise<void> {
    const { log } = this.#context;
    await this.#record();
    log.stopClock();
    try {
      await wait();
    } finally {
      log.startClock();
      this.#recordedSeconds = log.seconds;
    }
  }

  async #enqueue(): Promise<void> {
    stateOf(this.#context.model).requireAlive();
    await this.#opened.queue.enqueue(this.#done + 1, this.#kept);
    this.#done++;
  }

  /** True when the stage's steps so far are a multiple of `interval`. */
  #isAt(interval: number): boolean {
    return this.#done % interval === 0;
  }

  /** True when the step that was just enqueued is the last one, or measurements, checkpoints and the like follow it. */
  #isDue(): boolean {
    return this.#done === this.#opened.tokens.steps ||
      Object.values(this.#intervals).some((interval) => this.#isAt(interval)) ||
      this.#recurring.some(({ every }) => this.#isAt(every));
  }

  /** Measures, saves, evaluates and writes a sample, whichever are due. */
  async #doDueWork(): Promise<void> {
    const { folder, log } = this.#context;
    const { steps, validation } = this.#opened.tokens;
    const { validate, checkpoint, sample, check } = this.#intervals;
    const ended = this.#done === steps;
    if (ended || this.#isAt(check)) await this.#compareReplicas();
    if (ended || this.#isAt(validate)) await measureValidation(this.#context, validation);
    if (ended || this.#isAt(checkpoint) || (folder?.keep.best && isBest(log))) await this.#save();
    for (const { evaluation, every } of this.#recurring) {
      if (this.#isAt(every)) await runEvaluation(this.#context, evaluation);
    }
    if (this.#isAt(sample)) await writeSample(this.#context);
    this.#recordedSeconds = log.seconds;
  }

  /** Records the steps that the GPU has done; the time since the last call is spread evenly over them. */
  async #record(): Promise<void> {
    const { log } = this.#context;
    const { queue, stage: { settings } } = this.#opened;
    const records = await queue.read();
    const from = this.#recordedSeconds;
    if (records.length) log.note = "";
    this.#recordedSeconds = log.seconds;
    for (const [i, record] of records.entries()) {
      this.#addStep(record, from + (this.#recordedSeconds - from) * (i + 1) / records.length);
      if (log.skipped > settings.maxSkipped) throw await this.#tooManySkipped();
    }
  }

  #addStep({ step, loss, gradNorm, skipped }: StepRecord, seconds: number): void {
    const { log } = this.#context;
    const { queue, stage: { settings } } = this.#opened;
    log.addStep({
      step: this.#before.step + step,
      stage: settings.name,
      loss,
      gradNorm,
      learningRate: queue.learningRate(step),
      tokens: this.#before.tokens + queue.tokensAfter(step),
      seconds: Number(seconds.toFixed(3)),
      ...(skipped && { skipped }),
    });
    if (skipped) {
      const reason = skipReason({ loss, gradNorm, skipped }, settings.skipSpikes ?? 0);
      log.warn(`step ${log.step} was skipped: ${reason}`);
    }
  }

  async #tooManySkipped(): Promise<NumericsError> {
    const { folder, log, parallel: { ranks: { world } } } = this.#context;
    const { queue, stage: { settings } } = this.#opened;
    const error = isSpike(log.history.at(-1)!)
      ? spikeError(log, settings.skipSpikes!, folder?.newest)
      : nonFiniteError(log, await queue.training.nonFinite(), folder?.newest);
    return shownByFirst(world, error);
  }

  /** Compares what ranks hold in common, at most once after a step. */
  async #compareReplicas(): Promise<void> {
    const { agreement, model, log, folder } = this.#context;
    if (!agreement || this.#compared === log.step) return;
    this.#compared = log.step;
    const found = await differingReplica(model, agreement.ranks);
    if (found) throw shownByFirst(agreement.ranks.world, replicaError(log.step, found, folder?.newest));
  }

  /** Saves the last step of a run that was stopped, unless it is saved already. */
  async #saveAfterStop(): Promise<void> {
    const { control, folder, log } = this.#context;
    if (!control.stopping.aborted) return;
    control.aborting.throwIfAborted();
    if (!folder) {
      log.warn("The weights stay in the model; without a checkpoint folder exact resume is not possible");
    } else if (this.#done > 0) await this.#save();
  }

  /** Writes a checkpoint. A failure in the middle of a stage is a warning, at its end an error. */
  async #save(): Promise<void> {
    const { agreement, folder, model, control, log, plan, fingerprint, kernels, parallel, lanes } =
      this.#context;
    const { index, queue: { training }, tokens: { steps } } = this.#opened;
    const ended = this.#done === steps;
    if (!folder || log.saved === log.step) return;
    if (log.skipped && !ended && !control.stopping.aborted) return; // the weights may be spoiled already
    await this.#compareReplicas();
    const processes = parallelState(parallel, lanes);
    const state = { format: 1 as const, fingerprint, plan, kernels, ...log.state(), parallel: processes };
    const position = { index, stage: log.stage, stageStep: this.#done, stageSteps: steps };
    try {
      const content = { model, training, state: { ...state, ...position } };
      const path = await log.timed("saving", () => folder.write(content, control.aborting));
      log.saved = log.step;
      log.emit({ type: "checkpoint", step: log.step, stage: log.stage, path });
    } catch (cause) {
      const error = madeOf(storageError(cause, folder.path, folder.newest), cause);
      if (agreement || ended || control.stopping.aborted || cause instanceof LlameroError) throw error;
      log.warn(`The checkpoint of step ${log.step} could not be written: ${(error as Error).message}`);
    }
  }
}
