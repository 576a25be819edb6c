/**
 * The result of a run that has ended without an error.
 *
 * @module
 */
import { bundle, Displayable, type Picture } from "../../../display/mod.ts";
import type { EnergyUse } from "../energy.ts";
import type { EvaluationEvent, HistoryEntry, StageResult, ValidationEvent } from "../events.ts";
import { meanSpeed, type OtherWork } from "../metrics.ts";
import type { RunLog } from "../run_log.ts";
import type { CardFacts } from "./card_facts.ts";
import { runCard } from "./run_card.ts";

/** The facts of a run that has ended without an error. */
export interface RunFacts {
  /** `stopped` when the run ended before its time: by `stop()`, or by `until`. */
  status: "done" | "stopped";
  /** False when the run is not bit for bit what an uninterrupted one would be; the warnings say why. */
  exact: boolean;
  /** The stages that began. */
  stages: readonly StageResult[];
  /** Positions trained on. */
  tokens: number;
  /** Seconds of work. */
  seconds: number;
  /** Positions per second of work, saving and measuring included. */
  tokensPerSecond: number;
  /** Seconds of work that were no steps, by their kind. */
  otherWork: OtherWork;
  /** Largest number of bytes that the device held at once while the run had it. */
  peakMemory?: number;
  /** Energy, unless it was switched off. */
  energy?: EnergyUse;
  /** Warnings of the run. */
  warnings: readonly string[];
  /** Folder of the newest checkpoint. */
  checkpoint?: string;
  /** Devices that trained together; missing for one. */
  devices?: number;
  /** Share of the time of exchanges in which the device computed; missing for a single process. */
  overlap?: number;
}

/** The result of a run. */
export class RunResult extends Displayable implements RunFacts {
  readonly status: "done" | "stopped";
  readonly exact: boolean;
  /** One entry per step. */
  readonly history: readonly HistoryEntry[];
  /** Measurements on validation data. */
  readonly validations: readonly ValidationEvent[];
  /** Results of evaluations, in the order in which they were run. */
  readonly evaluations: readonly EvaluationEvent[];
  readonly stages: readonly StageResult[];
  readonly tokens: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly otherWork: OtherWork;
  readonly peakMemory?: number;
  readonly energy?: EnergyUse;
  readonly warnings: readonly string[];
  readonly checkpoint?: string;
  readonly devices?: number;
  readonly overlap?: number;

  readonly #card: CardFacts;
  readonly #isFresh: () => boolean;

  /**
   * Copies the facts from the run's log.
   *
   * @param card the last state of the run's card
   * @param isFresh returns true where the card of the run stands in the cell that runs
   */
  constructor(
    status: RunFacts["status"],
    log: RunLog,
    card: CardFacts,
    isFresh: () => boolean = () => false,
  ) {
    super();
    this.status = status;
    this.exact = log.exact;
    this.history = [...log.history];
    this.validations = [...log.validations];
    this.evaluations = [...log.evaluations];
    this.stages = log.stages.map((stage) => ({ ...stage }));
    this.tokens = log.tokens;
    this.seconds = log.seconds;
    this.tokensPerSecond = meanSpeed(this);
    this.otherWork = { ...log.otherWork };
    this.peakMemory = log.peakMemory;
    this.energy = log.energy();
    this.warnings = [...log.warnings];
    this.checkpoint = card.checkpoint;
    this.devices = card.devices;
    this.overlap = card.overlap;
    const { history, validations, evaluations, stages, warnings, otherWork } = this;
    this.#card = { ...card, history, validations, evaluations, stages, warnings, otherWork };
    this.#isFresh = isFresh;
  }

  /** Returns the facts as plain data, history included. */
  toJSON(): RunFacts & Pick<RunResult, "history" | "validations" | "evaluations"> {
    const { status, exact, stages, tokens, seconds, tokensPerSecond, otherWork, peakMemory, energy } = this;
    const { warnings, checkpoint, devices, overlap, history, validations, evaluations } = this;
    return {
      status,
      exact,
      stages,
      tokens,
      seconds,
      tokensPerSecond,
      otherWork,
      peakMemory,
      energy,
      warnings,
      checkpoint,
      devices,
      overlap,
      history,
      validations,
      evaluations,
    };
  }

  /** Shows the last state of the run's card. */
  picture(): Picture {
    return runCard(this.#card);
  }

  /** Returns the output of a cell whose value is the result: nothing where that cell awaited a run that shows itself. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return this.#isFresh() ? {} : bundle(this.picture());
  }
}
