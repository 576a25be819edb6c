/**
 * The result of a run that has ended without an error.
 *
 * @module
 */
import {
  count,
  Displayable,
  duration,
  join,
  keyValues,
  number,
  percent,
  type Picture,
} from "../../display/mod.ts";
import { energyText, type EnergyUse } from "./energy.ts";
import { scoresTable } from "./evaluation.ts";
import type { EvaluationEvent, HistoryEntry, StageResult, ValidationEvent } from "./events.ts";
import { speedText } from "./run_card.ts";
import type { RunLog } from "./run_log.ts";
import { skippedText } from "./skipped_steps.ts";

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

/** Facts of a run that are not in its log. */
type EndFacts = Pick<RunFacts, "checkpoint" | "devices" | "overlap">;

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
  readonly energy?: EnergyUse;
  readonly warnings: readonly string[];
  readonly checkpoint?: string;
  readonly devices?: number;
  readonly overlap?: number;

  /** Copies the facts from the run's log. */
  constructor(
    status: RunFacts["status"],
    log: RunLog,
    { checkpoint, devices = 1, overlap }: EndFacts = {},
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
    this.energy = log.energy();
    this.warnings = [...log.warnings];
    this.checkpoint = checkpoint;
    if (devices > 1) this.devices = devices;
    this.overlap = overlap;
  }

  /** Returns the facts as plain data, history included. */
  toJSON(): RunFacts & Pick<RunResult, "history" | "validations" | "evaluations"> {
    const { status, exact, stages, tokens, seconds, energy, warnings, checkpoint, devices, overlap } = this;
    const { history, validations, evaluations } = this;
    return {
      status,
      exact,
      stages,
      tokens,
      seconds,
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

  /** Shows the facts as a small table. */
  picture(): Picture {
    const { status, stages, tokens, seconds, history, validations, energy, warnings, devices = 1 } = this;
    const last = history.at(-1);
    const measured = validations.at(-1);
    const rows: [string, string][] = [
      ["status", status],
      ["stages", stages.map(({ name, done, steps }) => `${name} ${done} of ${steps} steps`).join(", ")],
      ["tokens", `${count(tokens)} in ${duration(seconds)}${this.#speed(devices)}`],
      ["loss", last ? `${number(last.loss)} nats per token` : "no step was done"],
    ];
    if (measured) rows.push(["validation loss", `${number(measured.loss)} after step ${measured.step}`]);
    const skipped = skippedText(history);
    if (skipped) rows.push(["skipped steps", skipped]);
    if (energy) rows.push(["energy", energyText(energy)]);
    if (this.overlap !== undefined) rows.push(["exchanges under computation", percent(this.overlap)]);
    if (this.checkpoint) rows.push(["checkpoint", this.checkpoint]);
    rows.push(...warnings.map((warning): [string, string] => ["warning", warning]));
    return join(keyValues("Run", rows), ...scoresTable(this.evaluations));
  }

  /** Describes the speed of several devices. */
  #speed(devices: number): string {
    const { seconds, tokens } = this;
    return devices > 1 && seconds > 0 ? `, ${speedText(tokens / seconds, devices)}` : "";
  }
}
