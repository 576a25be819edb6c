/**
 * One stage of a run, step by step: train, measure, save, until it is over or the run is stopped.
 *
 * @module
 */
import { LlameroError, NumericsError } from "../../base/errors.ts";
import { count } from "../../display/mod.ts";
import type { StepRecord } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import { adoptTemplate, evaluate, measure, writeSample } from "./stage_hooks.ts";
import { type Checkpoint, restoreMoments } from "../checkpoints/checkpoint.ts";
import { isBest } from "../checkpoints/checkpoint_folder.ts";
import type { Evaluation } from "../monitoring/evaluation.ts";
import type { Work } from "./run_context.ts";
import { defaultEvery, type Stage } from "../stages/stage.ts";
import { orderSeed, prepareStage, sourcesOf, type StageTokens } from "../stages/stage_data.ts";
import { fitted } from "./fit_memory.ts";
import { isSpike, reasonOf, spikeText } from "../monitoring/skipped_steps.ts";
import { storageError } from "../checkpoints/storage_errors.ts";
import { Stepper } from "./step_queue.ts";

/** An evaluation that is run again and again. */
export interface Recurring {
  /** What to run. */
  evaluation: Evaluation;
  /** Every so many steps. */
  every: number;
}

/** A stage in progress. */
export class StageLoop {
  /** Steps of the run before this stage, and positions trained on. */
  readonly #before: { step: number; tokens: number };
  #done: number;
  #mark: number;

  private constructor(
    private readonly work: Work,
    private readonly stage: Stage,
    private readonly index: number,
    private readonly recurring: readonly Recurring[],
    private readonly tokens: StageTokens,
    private readonly stepper: Stepper,
    done: number,
  ) {
    const { journal } = work;
    this.#done = done;
    this.#before = { step: journal.step - done, tokens: journal.tokens - stepper.tokensAfter(done) };
    this.#mark = journal.seconds;
  }

  /** Makes the data and the programs ready; from a checkpoint inside the stage, its moments too. Close it. */
  static async open(
    work: Work,
    stage: Stage,
    index: number,
    recurring: readonly Recurring[],
    from?: Checkpoint,
  ): Promise<StageLoop> {
    const { job: { model, seed }, control, journal } = work;
    const { settings } = stage;
    journal.stage = settings.name;
    adoptTemplate(work, stage);
    const order = orderSeed(seed, index, settings.name);
    const signal = control.stopping;
    const onProgress = ({ documents }: { documents: number }) =>
      journal.say(`reading data, ${count(documents)} records`);
    journal.say("reading data");
    const tokens = await prepareStage(model, stage, { seed, order, signal, onProgress });
    let stepper: Stepper | undefined;
    try {
      signal.throwIfAborted();
      journal.say("compiling");
      stepper = await fittedStepper(work, stage, tokens, order);
      if (from) await restoreMoments(stepper.training, from);
      if (from) stepper.recall(journal.history.filter(({ stage }) => stage === settings.name));
      const { steps } = tokens;
      const done = from?.state.stageStep ?? 0;
      if (from) journal.stages.pop();
      journal.stages.push({ name: settings.name, steps, done });
      journal.mixtures[settings.name] = sourcesOf(tokens, order);
      const loop = new StageLoop(work, stage, index, recurring, tokens, stepper, done);
      loop.#announce();
      return loop;
    } catch (error) {
      stepper?.dispose();
      tokens.close();
      throw error;
    }
  }

  #announce(): void {
    const { journal, job: { model } } = this.work;
    const { settings } = this.stage;
    const { steps, train, held } = this.tokens;
    stateOf(model).program = this.stepper.training.program;
    journal.emit({
      type: "stage",
      step: journal.step,
      stage: settings.name,
      index: this.index,
      steps,
      done: this.#done,
      windows: train.windows,
      context: settings.context,
      batchTokens: settings.batch * settings.context,
      validation: held,
    });
    if (settings.validationRequested && settings.held && !this.tokens.validation) {
      journal.warn(`${settings.name}: ${held}`);
    }
  }

  /** Trains until the stage is over or the run is stopped, and saves. */
  async run(): Promise<void> {
    const { control } = this.work;
    const { steps } = this.tokens;
    if (this.#done === 0) await measure(this.work, this.tokens.validation);
    this.#mark = this.work.journal.seconds;
    while (this.#done < steps) {
      await this.#turn();
      if (this.#before.step + this.#done >= (this.work.job.until ?? Infinity)) this.#stopHere();
      if (control.stopping.aborted) break;
      this.#step();
      if (this.#done === steps || this.stepper.due || this.#isDue()) await this.#read();
      if (this.#isDue()) await this.#between();
    }
    await this.#read();
    await this.#saveLast();
  }

  /** As stop(), once: a second one would break off. */
  #stopHere(): void {
    const { control } = this.work;
    if (!control.stopping.aborted) control.stop();
  }

  async #turn(): Promise<void> {
    const { control, journal } = this.work;
    await control.yieldToEventLoop();
    if (!control.paused) return;
    await this.#read();
    journal.clock(false);
    try {
      await control.held();
    } finally {
      journal.clock(true);
      this.#mark = journal.seconds;
    }
  }

  #step(): void {
    stateOf(this.work.job.model).requireAlive();
    this.stepper.enqueue(this.#done + 1);
    this.#done++;
  }

  /** Whether something is to be done after the step that was just enqueued. */
  #isDue(): boolean {
    const { validate, checkpoint, sample } = this.#every;
    const at = (every: number) => this.#done % every === 0;
    return this.#done === this.tokens.steps || at(validate) || at(checkpoint) || at(sample) ||
      this.recurring.some(({ every }) => at(every));
  }

  get #every(): { validate: number; checkpoint: number; sample: number } {
    const { validateEvery, checkpointEvery, sampleEvery } = this.stage.settings;
    const { steps } = this.tokens;
    return {
      validate: this.tokens.validation ? validateEvery ?? defaultEvery(steps) : Infinity,
      checkpoint: this.work.job.folder ? checkpointEvery ?? defaultEvery(steps) : Infinity,
      sample: sampleEvery ?? Infinity,
    };
  }

  /** Measures, saves, evaluates and writes a sample, whichever are due. */
  async #between(): Promise<void> {
    const { job, journal } = this.work;
    const ended = this.#done === this.tokens.steps;
    const { validate, checkpoint, sample } = this.#every;
    const at = (every: number) => this.#done % every === 0;
    if (ended || at(validate)) await measure(this.work, this.tokens.validation);
    if (ended || at(checkpoint) || (job.folder?.keep.best && isBest(journal))) await this.#save();
    for (const { evaluation, every } of this.recurring) if (at(every)) await evaluate(this.work, evaluation);
    if (at(sample)) await writeSample(this.work);
    this.#mark = this.work.journal.seconds;
  }

  /** Writes down the steps that are done; the time since the last call is spread evenly over them. */
  async #read(): Promise<void> {
    const { journal } = this.work;
    const records = await this.stepper.read();
    const from = this.#mark;
    if (records.length) journal.note = "";
    this.#mark = journal.seconds;
    for (const [i, record] of records.entries()) {
      const seconds = from + (this.#mark - from) * (i + 1) / records.length;
      this.#enter(record, seconds);
      if (journal.skipped > this.stage.settings.maxSkipped) throw await this.#numerics();
    }
  }

  #enter({ step, loss, gradNorm, skipped }: StepRecord, seconds: number): void {
    const { journal } = this.work;
    journal.add({
      step: this.#before.step + step,
      stage: this.stage.settings.name,
      loss,
      gradNorm,
      learningRate: this.stepper.learningRate(step),
      tokens: this.#before.tokens + this.stepper.tokensAfter(step),
      seconds: Number(seconds.toFixed(3)),
      ...(skipped && { skipped }),
    });
    if (skipped) {
      const reason = reasonOf({ loss, gradNorm, skipped }, this.stage.settings.skipSpikes ?? 0);
      journal.warn(`step ${journal.step} was skipped: ${reason}`);
    }
  }

  async #numerics(): Promise<NumericsError> {
    const { job, journal } = this.work;
    const saved = job.folder?.newest;
    if (isSpike(journal.history.at(-1)!)) return this.#newLevel(saved);
    const tensor = await this.stepper.training.nonFinite();
    return new NumericsError(
      `Training turned non-finite: ${journal.skipped} steps in a row up to step ${journal.step} had no finite loss or ` +
        `gradient norm${tensor ? `, first seen in the gradient of ${tensor}` : ""}. Lower learningRate` +
        (saved ? ` and go on from ${saved}` : " and start again"),
      { step: journal.step, tensor: tensor ?? "loss", checkpoint: saved },
    );
  }

  /** So many spikes in a row are none. */
  #newLevel(checkpoint?: string): NumericsError {
    const { skipped, step } = this.work.journal;
    return new NumericsError(
      `Training was stopped: ${skipped} steps in a row up to step ${step} were skipped, the last for a loss ` +
        `${
          spikeText(this.stage.settings.skipSpikes!)
        }. That is no spike but a new level of the loss: look at the data ` +
        "from there on, lower learningRate, or raise skipSpikes or maxSkipped" +
        (checkpoint ? `, and go on from ${checkpoint}` : ""),
      { step, tensor: "loss", checkpoint },
    );
  }

  /** What a stop leaves behind, unless this step was saved already. */
  async #saveLast(): Promise<void> {
    const { control, journal, job } = this.work;
    if (!control.stopping.aborted) return;
    control.broken.throwIfAborted();
    if (!job.folder) {
      journal.warn("The weights stay in the model; without a checkpoint folder exact resume is not possible");
    } else if (this.#done > 0) await this.#save();
  }

  /** Writes a checkpoint. One that cannot be written in the middle of a stage is worth a warning, not the run. */
  async #save(): Promise<void> {
    const { job: { folder, model }, control, journal, plan, fingerprint, kernels } = this.work;
    const { training } = this.stepper;
    const { steps } = this.tokens;
    const ended = this.#done === steps;
    if (!folder || journal.saved === journal.step) return;
    if (journal.skipped && !ended && !control.stopping.aborted) return; // what went wrong may be in the weights
    const state = { format: 1 as const, fingerprint, plan, kernels, ...journal.state() };
    const place = { index: this.index, stage: journal.stage, stageStep: this.#done, stageSteps: steps };
    try {
      const path = await folder.write({ model, training, state: { ...state, ...place } }, control.broken);
      journal.saved = journal.step;
      journal.emit({ type: "checkpoint", step: journal.step, stage: journal.stage, path });
    } catch (cause) {
      const error = storageError(cause, folder.path, folder.newest);
      if (ended || control.stopping.aborted || cause instanceof LlameroError) throw error;
      journal.warn(
        `The checkpoint of step ${journal.step} could not be written: ${(error as Error).message}`,
      );
    }
  }

  /** Gives memory and files back. */
  close(): void {
    this.stepper.dispose();
    this.tokens.close();
  }
}

/** The steps of a stage, of fewer sequences at once where the GPU's memory is too small; then that is said. */
async function fittedStepper(
  { job: { model }, journal, kernels }: Work,
  { settings }: Stage,
  tokens: StageTokens,
  order: number,
): Promise<Stepper> {
  const { name } = settings;
  const most = kernels.microBatches?.[name] ?? settings.microBatch;
  const { made, microBatch } = await fitted(
    model.device,
    most,
    (microBatch) => Stepper.create(model, { ...settings, microBatch }, tokens, order),
  );
  if (microBatch === most) return made;
  kernels.microBatches = { ...kernels.microBatches, [name]: microBatch };
  journal.exact = false;
  journal.warn(
    `${name}: the GPU's memory is too small for ${most} sequences at once, ${microBatch} are taken; the batch stays ` +
      `${settings.batch}, so only the last bits differ`,
  );
  return made;
}
