/**
 * A run: the only hot thing. It trains in the background from the moment it exists, and can be awaited, listened to,
 * held up and stopped.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { bundle, Displayable, onInterrupt, type Picture } from "../display/mod.ts";
import { lossChart, runCard } from "./monitoring/run_card.ts";
import { RunControl } from "./loop/run_control.ts";
import { type EventOf, Events, type HistoryEntry, type RunEvent } from "./monitoring/events.ts";
import type { RunContext } from "./loop/run_context.ts";
import { Journal } from "./monitoring/run_log.ts";
import { utilisation } from "./monitoring/metrics.ts";
import { RunResult } from "./monitoring/run_result.ts";
import { trainWithRecovery } from "./loop/device_recovery.ts";
import { showRun } from "./monitoring/run_display.ts";
import { registerRun } from "./loop/run_registry.ts";
import type { StageSettings } from "./stages/stage.ts";
import { logEvents } from "./monitoring/tensorboard.ts";

/** How a run stands. */
export type RunStatus = "waiting" | "running" | "paused" | "stopping" | "done" | "stopped" | "failed";

/** How a run is started. */
export interface RunSettings {
  /** Stops it: the checkpoint is written, then the run rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Whether it shows itself while it goes on. */
  display: boolean;
  /** Peak FLOP/s of the device, to show what share of them is used. */
  peakFlops?: number;
}

let started = 0;

/**
 * A training run. Await it (or its `finished`, inside async functions: a thenable that is returned from one is
 * flattened) for its {@linkcode RunResult}; it rejects with the typed error that ended it, whose `run` is this run.
 * A run that nobody awaits shows its failure in its card and is never an unhandled rejection.
 *
 * ```ts
 * for await (const { step, loss } of run.events("step")) {
 *   if (step >= 100 && loss > 10) run.stop();
 * }
 * ```
 */
export class Run extends Displayable implements Promise<RunResult> {
  /** What `Object.prototype.toString` calls it. */
  readonly [Symbol.toStringTag] = "Run";
  /** Its name: a number, and the model. */
  readonly name: string;
  /** Settles when the run has ended. */
  readonly finished: Promise<RunResult>;
  readonly #job: RunContext;
  readonly #control = new RunControl();
  readonly #events = new Events();
  readonly #journal: Journal = new Journal(this.#events);
  readonly #peak?: number;
  readonly #live: boolean;
  #end?: { status: "done" | "stopped" | "failed"; error?: string };
  #works = false;

  /** Starts a job; use {@linkcode Trainer.run}. */
  constructor(job: RunContext, { signal, display, peakFlops }: RunSettings) {
    super();
    this.name = `run ${++started} of ${job.model.name}`;
    this.#job = job;
    this.#peak = peakFlops;
    this.#live = display;
    const release = registerRun(job.model, job.folder?.path, () => this.#describe());
    this.finished = this.#main(signal, display).finally(release);
    this.finished.catch(() => {}); // the card shows it; whoever awaits gets it too
  }

  async #main(signal: AbortSignal | undefined, display: boolean): Promise<RunResult> {
    const control = this.#control;
    const forget = control.follow(signal);
    const off = onInterrupt(() => this.#stop());
    const logged = this.#job.log !== undefined && this.#log(this.#job.log);
    const shown = display && showRun(this.#journal, () => this.picture());
    try {
      await Promise.resolve(); // listeners that come right after run() miss nothing
      const status = await trainWithRecovery(this.#job, control, this.#journal, () => this.#works = true);
      if (status === "stopped" && control.reason) throw control.reason.value;
      this.#end = { status };
      return new RunResult(status, this.#journal, this.#job.folder?.newest);
    } catch (error) {
      const aborted = control.reason && error === control.reason.value;
      this.#end = aborted ? { status: "stopped" } : { status: "failed", error: messageOf(error) };
      throw this.#attachRun(error);
    } finally {
      off();
      forget();
      this.#emitDone();
      await shown;
      await logged;
    }
  }

  /** Curves that cannot be written are worth a warning, not the run. */
  async #log(folder: string): Promise<void> {
    await logEvents(folder, this.#events.of([])).catch((error) =>
      this.#journal.warn(`No more curves are written to ${folder}: ${messageOf(error)}`)
    );
  }

  /** Gives an error its `run`. */
  #attachRun(error: unknown): unknown {
    if (typeof error === "object" && error !== null && Object.isExtensible(error)) {
      Object.defineProperty(error, "run", { value: this, configurable: true });
    }
    return error;
  }

  #emitDone(): void {
    const { step, stage, tokens, seconds } = this.#journal;
    const { status, error } = this.#end!;
    const energy = this.#journal.energy();
    this.#journal.emit({ type: "done", step, stage, status, tokens, seconds, energy, error });
    this.#events.end();
  }

  /** How it stands. */
  get status(): RunStatus {
    if (this.#end) return this.#end.status;
    if (this.#control.stopping.aborted) return "stopping";
    if (this.#control.paused) return "paused";
    return this.#works ? "running" : "waiting";
  }

  /** One entry for each step so far. The newest steps follow within a quarter of a second. */
  get history(): readonly HistoryEntry[] {
    return this.#journal.history;
  }

  /** The events of `types` (default all) from now on, as plain objects; leaving the loop ends it. */
  events<Type extends RunEvent["type"]>(...types: Type[]): AsyncIterable<EventOf<Type>> {
    return this.#events.of(types);
  }

  /**
   * Finishes the step, writes a checkpoint and resolves with "stopped"; a second call breaks off without one.
   *
   * @returns `finished`
   */
  stop(): Promise<RunResult> {
    this.#stop();
    return this.finished;
  }

  #stop(): void {
    if (!this.#end) this.#control.stop();
  }

  /** Holds the run up before its next step; its memory and its place on the device stay taken. */
  pause(): void {
    this.#control.pause();
  }

  /** Lets a paused run go on. */
  resume(): void {
    this.#control.resume();
  }

  /**
   * Does `count` steps more and holds the run up again; one that was not held up is from then on.
   *
   * @throws {ConfigError} for a number that is not whole and at least 1
   */
  step(count = 1): void {
    if (!Number.isInteger(count) || count < 1) {
      throw new ConfigError(`Cannot step: must be a whole number, at least 1, current value is ${count}`, {
        path: "Run.step",
        value: count,
      });
    }
    this.#control.step(count);
  }

  /** The curves of the losses so far. */
  chart(): Displayable {
    return new LossChart(this.#journal);
  }

  /** Settles with the run. */
  then<A = RunResult, B = never>(
    done?: ((result: RunResult) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.finished.then(done, failed);
  }

  /** As that of a promise. */
  catch<B = never>(failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<RunResult | B> {
    return this.finished.catch(failed);
  }

  /** As that of a promise. */
  finally(ended?: (() => void) | null): Promise<RunResult> {
    return this.finished.finally(ended);
  }

  /** What the stage of that name adapts, if it does. */
  #lora(name: string): StageSettings["lora"] {
    for (const item of this.#job.items) {
      if ("stage" in item && item.stage.settings.name === name) return item.stage.settings.lora;
    }
  }

  /** What a notebook shows where the run is the value of a cell: while its card lives beside it, where it stands. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return this.#live && !this.#end ? { "text/plain": this.#describe() } : bundle(this.picture());
  }

  #describe(): string {
    const { stages, stage } = this.#journal;
    const now = stages.at(-1);
    const where = now ? `, ${stage} ${now.done} of ${now.steps} steps` : "";
    return `${this.name} (${this.status}${where})`;
  }

  /** Where it stands, as plain data. */
  toJSON(): Record<string, unknown> {
    const { step, tokens, seconds, stages, exact } = this.#journal;
    return { name: this.name, status: this.status, step, tokens, seconds, stages, exact };
  }

  /** The card. */
  picture(): Picture {
    const { model } = this.#job;
    const journal = this.#journal;
    const { stage, stages, history, validations, warnings } = journal;
    const now = stages.at(-1) ?? { done: 0, steps: 0 };
    const rate = journal.rate.value;
    const last = history.at(-1);
    const perStep = last ? last.tokens / last.step : 0;
    const peak = this.#peak && rate > 0
      ? utilisation(model.config, model.config.context, rate, this.#peak, this.#lora(stage))
      : undefined;
    return runCard({
      title: this.name,
      status: this.status,
      note: journal.note,
      stage,
      ...now,
      history,
      validations,
      rate,
      left: rate > 0 && !this.#end ? (now.steps - now.done) * perStep / rate : undefined,
      utilisation: peak,
      memory: model.device.memory().bytes,
      seconds: journal.seconds,
      energy: journal.energy(),
      sample: journal.sample,
      warnings,
      error: this.#end?.error,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The curves of a run. */
class LossChart extends Displayable {
  constructor(private readonly journal: Journal) {
    super();
  }

  picture(): Picture {
    return lossChart(this.journal.history, this.journal.validations);
  }
}
