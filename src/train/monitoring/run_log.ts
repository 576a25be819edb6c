/**
 * The log of a run: steps, measurements, warnings, time and energy. A checkpoint carries it to the next session.
 *
 * @module
 */
import type { Gauge } from "../../base/high_water.ts";
import type { SourceRecord } from "../stages/stage.ts";
import type { EnergyMeter, EnergyUse } from "./energy.ts";
import {
  type EvaluationEvent,
  Events,
  type HistoryEntry,
  type RunEvent,
  type StageResult,
  type ValidationEvent,
} from "./events.ts";
import { type OtherWork, Rate } from "./metrics.ts";
import type { RunState } from "./run_state.ts";

/** The log as a checkpoint holds it. */
export type RunLogState = Pick<
  RunState,
  | "step"
  | "tokens"
  | "seconds"
  | "otherWork"
  | "peakMemory"
  | "wattHours"
  | "skipped"
  | "exact"
  | "stages"
  | "history"
  | "validations"
  | "evaluations"
  | "mixtures"
  | "energy"
  | "warnings"
>;

/** The log of one run; each entry is also an event. */
export class RunLog {
  /** Listeners of the run. */
  readonly events: Events = new Events();
  /** One entry per step. */
  readonly history: HistoryEntry[] = [];
  /** Measurements on validation data. */
  readonly validations: ValidationEvent[] = [];
  /** Results of evaluations. */
  readonly evaluations: EvaluationEvent[] = [];
  /** The stages that have begun. */
  readonly stages: StageResult[] = [];
  /** The sources of the stages that have begun, by the names of the stages. */
  mixtures: Record<string, SourceRecord[]> = {};
  /** Warnings so far. */
  readonly warnings: string[] = [];
  /** Steps done. */
  step = 0;
  /** Positions trained on. */
  tokens = 0;
  /** Updates skipped in a row. */
  skipped = 0;
  /** False once something happened after which the run is not bit for bit what it would have been. */
  exact = true;
  /** Name of the stage that runs. */
  stage = "";
  /** Activity while there are no steps: reading data, compiling. */
  note = "";
  /** Returns the progress of work inside of the run, such as that of writing a checkpoint; empty in its first second. */
  work?: () => string;
  /** The newest sample text. */
  sample?: string;
  /** Tokens per second. */
  readonly rate: Rate = new Rate();
  /** Called when `note` or `work` has changed. */
  onNote?: () => void;
  /** Called with each warning of this rank alone, where several ranks share the run. */
  onOwnWarning?: (message: string) => void;
  /** Step of the last checkpoint. */
  saved?: number;
  /** Meter of the energy, unless it is switched off. */
  meter?: EnergyMeter;
  /** Energy of a run that other processes carry out. */
  energyElsewhere?: EnergyUse;
  /** Seconds of work that were no steps, by their kind. */
  otherWork: OtherWork = {};
  /** Largest number of bytes on the device in earlier sessions, and on devices that were lost. */
  #peakBefore = 0;
  /** Gauge of the memory on the device, while the run has it. */
  #gauge?: Gauge;
  /** Seconds of work up to the last time the clock was read. */
  #seconds = 0;
  /** Time at which the clock was last read; undefined while it stands. */
  #since?: number;

  /** Seconds of work so far; pauses do not count. */
  get seconds(): number {
    return this.#seconds + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000);
  }

  /** Largest number of bytes that the device held at once while the run had it; undefined before it had one. */
  get peakMemory(): number | undefined {
    return Math.max(this.#peakBefore, this.#gauge?.peak ?? 0) || undefined;
  }

  /** Gauges the memory on the device of the run until the result is disposed. */
  watchMemory(held: { gauge(): Gauge }): Disposable {
    const gauge = this.#gauge = held.gauge();
    return {
      [Symbol.dispose]: () => {
        this.#peakBefore = this.peakMemory ?? 0;
        this.#gauge = undefined;
        gauge[Symbol.dispose]();
      },
    };
  }

  /** Carries out work that is no step, and records the time that it takes. */
  async timed<T>(kind: keyof OtherWork, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.otherWork[kind] = (this.otherWork[kind] ?? 0) + (performance.now() - start) / 1000;
    }
  }

  /** Restores the log of a checkpoint in place of what followed it; warnings of this session stay. */
  restore(earlier: RunLogState): void {
    const { warnings, evaluations = [], otherWork, peakMemory = 0 } = earlier;
    const newWarnings = this.warnings.filter((warning) => !warnings.includes(warning));
    replace(this.history, earlier.history);
    replace(this.validations, earlier.validations);
    replace(this.evaluations, evaluations);
    replace(this.stages, earlier.stages);
    replace(this.warnings, [...warnings, ...newWarnings]);
    this.mixtures = { ...earlier.mixtures };
    this.otherWork = { ...otherWork };
    this.#peakBefore = Math.max(this.#peakBefore, peakMemory);
    this.step = this.saved = earlier.step;
    this.tokens = earlier.tokens;
    this.skipped = earlier.skipped;
    this.exact = earlier.exact;
    this.#seconds = earlier.seconds;
  }

  /** Starts the clock. */
  startClock(): void {
    this.#readClock();
    this.#since = performance.now();
  }

  /** Stops the clock, for a pause or at the end. */
  stopClock(): void {
    this.#readClock();
    this.#since = undefined;
  }

  /** Adds the time since the last reading to the seconds of work and to the energy. */
  #readClock(): void {
    if (this.#since === undefined) return;
    const { seconds } = this;
    this.meter?.add(seconds - this.#seconds);
    this.#seconds = seconds;
    this.#since = performance.now();
  }

  /** Sets the note. */
  setNote(note: string): void {
    this.note = note;
    this.onNote?.();
  }

  /** Sets the work inside of the run; undefined when there is none. */
  setWork(work?: () => string): void {
    this.work = work;
    this.onNote?.();
  }

  /** Activity besides steps: the note, and the progress of work inside of the run. */
  get activity(): string {
    const work = this.work?.() ?? "";
    return this.note && work ? `${this.note}: ${work}` : this.note || work;
  }

  /** Sends an event to the listeners; samples and results of evaluations are kept. */
  emit(event: RunEvent): void {
    if (event.type === "sample") this.sample = event.text;
    if (event.type === "evaluation") this.evaluations.push(event);
    this.events.emit(event);
  }

  /** Records a step. */
  addStep(entry: HistoryEntry): void {
    this.history.push(entry);
    this.step = entry.step;
    this.tokens = entry.tokens;
    this.skipped = entry.skipped ? this.skipped + 1 : 0;
    this.rate.push(entry.seconds, entry.tokens);
    const stage = this.stages.at(-1);
    if (stage) stage.done++;
    this.emit({ type: "step", ...entry });
  }

  /** Records a measurement on validation data, also in the entry of the step that it follows. */
  addValidation(event: ValidationEvent): void {
    this.validations.push(event);
    const last = this.history.at(-1);
    if (last?.step === event.step && last.stage === event.stage) last.validationLoss = event.loss;
    this.emit(event);
  }

  /** Records a warning. */
  warn(message: string): void {
    this.warnings.push(message);
    this.emit({ type: "warning", step: this.step, stage: this.stage, message });
  }

  /** Records a warning that other ranks do not have. */
  warnOwn(message: string): void {
    this.warn(message);
    this.onOwnWarning?.(message);
  }

  /** Returns the log up to now, as a checkpoint holds it. */
  state(): RunLogState {
    this.#readClock();
    const energy = this.meter?.use();
    const { wattHours } = energy ?? {};
    const seconds = this.#seconds; // the same moment as the energy's
    const { step, tokens, otherWork, peakMemory, skipped, exact } = this;
    const { stages, history, validations, evaluations, mixtures, warnings } = this;
    const numbers = { step, tokens, seconds, otherWork, peakMemory, wattHours, skipped, exact };
    return { ...numbers, energy, stages, history, validations, evaluations, mixtures, warnings };
  }

  /** Returns the energy that a card shows: one that is known, or that the user asked for. */
  shownEnergy(): EnergyUse | undefined {
    const energy = this.energy();
    const isShown = this.meter ? this.meter.isShown : energy?.wattHours !== undefined;
    return isShown ? energy : undefined;
  }

  /** Returns the energy so far; undefined where it is switched off. */
  energy(): EnergyUse | undefined {
    this.#readClock();
    return this.meter?.use() ?? this.energyElsewhere;
  }
}

function replace<T>(list: T[], values: readonly T[]): void {
  list.length = 0;
  for (const value of values) list.push(value);
}
