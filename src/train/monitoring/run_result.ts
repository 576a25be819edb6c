/**
 * What a run resolves with.
 *
 * @module
 */
import { count, Displayable, duration, join, keyValues, number, type Picture } from "../../display/mod.ts";
import { energyText, type EnergyUse } from "./energy.ts";
import { scoresTable } from "./evaluation.ts";
import type { EvaluationEvent, HistoryEntry, StageResult, ValidationEvent } from "./events.ts";
import type { Journal } from "./run_log.ts";
import { skippedText } from "./skipped_steps.ts";

/** The facts of a run that has ended without an error. */
export interface RunFacts {
  /** `stopped` when it was asked to end before its time. */
  status: "done" | "stopped";
  /** False when something happened after which the run is not bit for bit what it would have been; see the warnings. */
  exact: boolean;
  /** The stages that began. */
  stages: readonly StageResult[];
  /** Positions trained on. */
  tokens: number;
  /** Seconds of work. */
  seconds: number;
  /** Energy, unless it was switched off. */
  energy?: EnergyUse;
  /** What a person should know of. */
  warnings: readonly string[];
  /** Folder of the newest checkpoint. */
  checkpoint?: string;
}

/** The result of a run. */
export class RunResult extends Displayable implements RunFacts {
  readonly status: "done" | "stopped";
  readonly exact: boolean;
  /** One entry a step. */
  readonly history: readonly HistoryEntry[];
  /** The measurements on validation data. */
  readonly validations: readonly ValidationEvent[];
  /** What evaluations gave, in the order in which they were made. */
  readonly evaluations: readonly EvaluationEvent[];
  readonly stages: readonly StageResult[];
  readonly tokens: number;
  readonly seconds: number;
  readonly energy?: EnergyUse;
  readonly warnings: readonly string[];
  readonly checkpoint?: string;

  /** Takes the facts out of the books. */
  constructor(status: RunFacts["status"], journal: Journal, checkpoint?: string) {
    super();
    this.status = status;
    this.exact = journal.exact;
    this.history = [...journal.history];
    this.validations = [...journal.validations];
    this.evaluations = [...journal.evaluations];
    this.stages = journal.stages.map((stage) => ({ ...stage }));
    this.tokens = journal.tokens;
    this.seconds = journal.seconds;
    this.energy = journal.energy();
    this.warnings = [...journal.warnings];
    this.checkpoint = checkpoint;
  }

  /** The facts as plain data, history included. */
  toJSON(): RunFacts & Pick<RunResult, "history" | "validations" | "evaluations"> {
    const { status, exact, stages, tokens, seconds, energy, warnings, checkpoint } = this;
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
      history,
      validations,
      evaluations,
    };
  }

  /** The facts as a small table. */
  picture(): Picture {
    const { status, stages, tokens, seconds, history, validations, energy, warnings } = this;
    const last = history.at(-1);
    const measured = validations.at(-1);
    const rows: [string, string][] = [
      ["status", status],
      ["stages", stages.map(({ name, done, steps }) => `${name} ${done} of ${steps} steps`).join(", ")],
      ["tokens", `${count(tokens)} in ${duration(seconds)}`],
      ["loss", last ? `${number(last.loss)} nats per token` : "no step was done"],
    ];
    if (measured) rows.push(["validation loss", `${number(measured.loss)} after step ${measured.step}`]);
    const skipped = skippedText(history);
    if (skipped) rows.push(["skipped steps", skipped]);
    if (energy) rows.push(["energy", energyText(energy)]);
    if (this.checkpoint) rows.push(["checkpoint", this.checkpoint]);
    rows.push(...warnings.map((warning): [string, string] => ["warning", warning]));
    return join(keyValues("Run", rows), ...scoresTable(this.evaluations));
  }
}
