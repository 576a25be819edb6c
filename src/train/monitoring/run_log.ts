/**
 * The books of a run: what each step gave, how long it took, what it used.
 *
 * @module
 */
import type { EnergyMeter, EnergyUse } from "./energy.ts";
import type {
  EvaluationEvent,
  Events,
  HistoryEntry,
  RunEvent,
  StageResult,
  ValidationEvent,
} from "./events.ts";
import { Rate } from "./metrics.ts";
import type { RunState } from "./run_state.ts";
import type { SourceRecord } from "../stages/stage.ts";

/** The books as a checkpoint holds them. */
export type JournalState = Pick<
  RunState,
  | "step"
  | "tokens"
  | "seconds"
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

/** Everything that is written down while a run goes on; a checkpoint carries it to the next session. */
export class Journal {
  /** One entry a step. */
  readonly history: HistoryEntry[] = [];
  /** The measurements on validation data. */
  readonly validations: ValidationEvent[] = [];
  /** What evaluations gave. */
  readonly evaluations: EvaluationEvent[] = [];
  /** The stages that have begun. */
  readonly stages: StageResult[] = [];
  /** The sources of each stage that began. */
  mixtures: Record<string, SourceRecord[]> = {};
  /** What a person should know of. */
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
  /** What it does while there are no steps: reading data, compiling. */
  note = "";
  /** The newest sample text. */
  sample?: string;
  /** Tokens a second. */
  readonly rate: Rate = new Rate();
  /** Told when `note` has changed. */
  onNote?: () => void;
  /** Step of the last checkpoint. */
  saved?: number;
  /** Measures the energy, unless it is switched off. */
  meter?: EnergyMeter;
  #seconds = 0;
  #since?: number;

  /** Writes for `events`. */
  constructor(readonly events: Events) {}

  /** Seconds of work so far. */
  get seconds(): number {
    return this.#seconds + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000);
  }

  /** Takes over what was written up to a checkpoint, in place of what followed it; warnings of this session stay. */
  continue(earlier: JournalState): void {
    const { warnings, evaluations = [] } = earlier;
    const own = this.warnings.filter((one) => !warnings.includes(one));
    replace(this.history, earlier.history);
    replace(this.validations, earlier.validations);
    replace(this.evaluations, evaluations);
    replace(this.stages, earlier.stages);
    replace(this.warnings, [...warnings, ...own]);
    this.mixtures = { ...earlier.mixtures };
    this.step = this.saved = earlier.step;
    this.tokens = earlier.tokens;
    this.skipped = earlier.skipped;
    this.exact = earlier.exact;
    this.#seconds = earlier.seconds;
  }

  /** Starts the clock, or stops it for a pause and at the end. */
  clock(runs: boolean): void {
    const seconds = this.seconds;
    if (this.#since !== undefined) this.meter?.add(seconds - this.#seconds);
    this.#seconds = seconds;
    this.#since = runs ? performance.now() : undefined;
  }

  /** Says what is done while there are no steps. */
  say(note: string): void {
    this.note = note;
    this.onNote?.();
  }

  /** Tells the listeners. */
  emit(event: RunEvent): void {
    if (event.type === "sample") this.sample = event.text;
    if (event.type === "evaluation") this.evaluations.push(event);
    this.events.emit(event);
  }

  /** Writes down a step and tells of it. */
  add(entry: HistoryEntry): void {
    this.history.push(entry);
    this.step = entry.step;
    this.tokens = entry.tokens;
    this.skipped = entry.skipped ? this.skipped + 1 : 0;
    this.rate.push(entry.seconds, entry.tokens);
    const stage = this.stages.at(-1);
    if (stage) stage.done++;
    this.emit({ type: "step", ...entry });
  }

  /** Writes down a measurement; it stands with the step after which it was made. */
  measured(event: ValidationEvent): void {
    this.validations.push(event);
    const last = this.history.at(-1);
    if (last?.step === event.step && last.stage === event.stage) last.validationLoss = event.loss;
    this.emit(event);
  }

  /** Writes down a warning. */
  warn(message: string): void {
    this.warnings.push(message);
    this.emit({ type: "warning", step: this.step, stage: this.stage, message });
  }

  /** The books up to now. */
  state(): JournalState {
    this.clock(this.#since !== undefined);
    const energy = this.meter?.use();
    const { wattHours } = energy ?? {};
    const seconds = this.#seconds; // of the same moment
    const { step, tokens, skipped, exact, stages, history, validations, evaluations, mixtures, warnings } =
      this;
    const numbers = { step, tokens, seconds, wattHours, skipped, exact };
    return { ...numbers, energy, stages, history, validations, evaluations, mixtures, warnings };
  }

  /** Energy so far. */
  energy(): EnergyUse | undefined {
    if (this.#since !== undefined) this.clock(true);
    return this.meter?.use();
  }
}

function replace<T>(list: T[], by: readonly T[]): void {
  list.length = 0;
  for (const one of by) list.push(one);
}
