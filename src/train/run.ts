/**
 * A training run: trains in the background from the moment it exists; can be awaited, listened to, paused and stopped.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { lazily } from "../base/lazy_import.ts";
import {
  bundle,
  Displayable,
  type DisplayOwner,
  number,
  onInterrupt,
  type Picture,
  plural,
  withOwner,
} from "../display/mod.ts";
import { lossChart } from "./monitoring/card/loss_curves.ts";
import type { CardFacts } from "./monitoring/card/card_facts.ts";
import { runCard } from "./monitoring/card/run_card.ts";
import { RunControl } from "./loop/run_control.ts";
import type { EventOf, HistoryEntry, RunEvent } from "./monitoring/events.ts";
import { type RunSpec, stagesOf } from "./loop/run_context.ts";
import { RunLog } from "./monitoring/run_log.ts";
import { meanSpeed, utilisation } from "./monitoring/metrics.ts";
import { RunResult } from "./monitoring/card/run_result.ts";
import { showRun } from "./monitoring/card/run_display.ts";
import { blindWarning } from "./ranks/run_parallel.ts";
import { enterRank } from "./ranks/rank_process.ts";
import { RunTrace } from "./ranks/run_trace.ts";
import type { LaunchSettings } from "./ranks/launch_settings.ts";
import { registerRun } from "./loop/run_registry.ts";
import { writeLogs } from "./monitoring/logs/run_logs.ts";

/** The status of a run; it is "waiting" while another run has the device. */
export type RunStatus = "waiting" | "running" | "paused" | "stopping" | "done" | "stopped" | "failed";

/** Options of a {@linkcode Run}. */
export interface RunSettings {
  /** Stops the run: it writes its checkpoint, then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Shows the run while it goes on. */
  display: boolean;
  /** Peak FLOP/s of the device, of which the card then shows the share in use. */
  peakFlops?: number;
  /** The ranks that train in place of this process. */
  launch?: LaunchSettings;
  /** Calls that start the run again and go on from its newest checkpoint, for its card. */
  calls?: RunCalls;
}

/** The calls of a trainer that a card names. */
export interface RunCalls {
  /** Starts the run again. */
  start: string;
  /** Goes on from the newest checkpoint. */
  resume: string;
}

/** Milliseconds after its start and end in which a live card stands in the cell that runs. [ours] */
const shownFor = 1000;

/** Number of runs so far, for their names. */
let runCount = 0;

/**
 * A training run. Await it for its {@linkcode RunResult}; inside async functions that return the run, await its
 * `finished`, since a returned thenable is flattened. It rejects with the typed error that ended it, whose `run` is this
 * run. The failure of a run that nobody awaits shows in its card and is never an unhandled rejection.
 *
 * ```ts
 * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
 *
 * const corpus = Dataset.sample("moby-dick").take(20);
 * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
 * const model = await Model.create("nano", { tokenizer, context: 64 });
 * const run = new Trainer(model).pretrain(corpus, { steps: 5, batchTokens: 256 }).run({ display: false });
 * const { status, seconds, history } = await run;
 * console.log(status, seconds, history.at(-1)?.loss);
 * await run.chart().show();
 * ```
 */
export class Run extends Displayable implements Promise<RunResult> {
  /** Name of the class for `Object.prototype.toString`. */
  readonly [Symbol.toStringTag] = "Run";
  /** Name of the run: a number, and the model. */
  readonly name: string;
  /** Settles when the run has ended. */
  readonly finished: Promise<RunResult>;
  readonly #spec: RunSpec;
  readonly #control = new RunControl();
  readonly #log = new RunLog();
  readonly #trace = new RunTrace();
  readonly #peakFlops?: number;
  /** True when the run shows a live card. */
  readonly #live: boolean;
  readonly #calls: RunCalls;
  /** Number of processes that train together. */
  readonly #devices: number;
  /** Time of the last start or end, at which the live card appeared under a cell or showed its last state. */
  #shownAt = performance.now();
  #end?: { status: "done" | "stopped" | "failed"; error?: string };
  /** True once the run has the device. */
  #started = false;

  /** Starts the run that `spec` describes; use {@linkcode Trainer.run}. */
  constructor(spec: RunSpec, { signal, display, peakFlops, launch, calls }: RunSettings) {
    super();
    this.name = `run ${++runCount} of ${spec.model.name}`;
    this.#spec = spec;
    this.#peakFlops = peakFlops;
    this.#live = display;
    this.#calls = calls ?? { start: "trainer.run()", resume: "trainer.resume()" };
    this.#devices = launch?.ranks ?? spec.parallel.ranks.world.size;
    const folder = spec.parallel.ranks.world.rank === 0 ? spec.folder?.path : undefined; // one folder for all ranks
    const unregister = registerRun(spec.model, folder, () => this.#describe());
    this.finished = this.#main(signal, display, launch).finally(unregister);
    this.finished.catch(() => {}); // the card shows the failure, so it counts as handled
  }

  async #main(
    signal: AbortSignal | undefined,
    display: boolean,
    launch: LaunchSettings | undefined,
  ): Promise<RunResult> {
    const spec = this.#spec;
    const control = this.#control;
    const log = this.#log;
    const { world } = spec.parallel.ranks;
    const ignoreSignal = control.stopOn(signal);
    const leave = world.size > 1
      ? enterRank(spec.parallel, spec.folder?.path, control, log)
      : onInterrupt(() => this.#stop());
    const isFirst = world.rank === 0;
    const logs = isFirst && writeLogs(spec.logs, log);
    const shown = display && isFirst && showRun(log, () => this.#facts());
    try {
      await Promise.resolve(); // listeners that subscribe right after run() miss nothing
      const blind = blindWarning(spec.parallel);
      if (blind && !launch) log.warn(blind);
      const onStart = () => this.#started = true;
      const status = await withOwner(
        this.#owner(),
        async () =>
          launch
            ? await (await lazily(() => import("./launch_run.ts"))).runLaunched(
              { ...spec, trace: this.#trace },
              launch,
              control,
              log,
              onStart,
            )
            : await (await lazily(() => import("./loop/run_stages.ts"))).runStages(
              { ...spec, trace: this.#trace },
              control,
              log,
              onStart,
            ),
      );
      if (status === "stopped" && control.abortReason) throw control.abortReason.value;
      this.#end = { status };
      return new RunResult(status, log, this.#facts(), () => this.#isFresh());
    } catch (error) {
      const aborted = control.abortReason && error === control.abortReason.value;
      this.#end = aborted ? { status: "stopped" } : { status: "failed", error: messageOf(error) };
      throw this.#attachRun(error);
    } finally {
      leave();
      ignoreSignal();
      this.#emitDone();
      await shown;
      await logs;
      this.#shownAt = performance.now();
    }
  }

  /** Returns the card as the display of the work inside of the run; of a run without a card, nothing is shown. */
  #owner(): DisplayOwner {
    const isOpen = () => this.#end === undefined;
    return {
      get open() {
        return isOpen();
      },
      note: (text) => this.#log.setWork(text),
    };
  }

  /** Sets the `run` of an error. */
  #attachRun(error: unknown): unknown {
    if (typeof error === "object" && error !== null && Object.isExtensible(error)) {
      Object.defineProperty(error, "run", { value: this, configurable: true });
    }
    return error;
  }

  #emitDone(): void {
    const log = this.#log;
    const { step, stage, tokens, seconds, peakMemory } = log;
    const { status, error } = this.#end!;
    log.emit({ type: "done", step, stage, status, tokens, seconds, peakMemory, energy: log.energy(), error });
    log.events.end();
  }

  /** Status of the run. */
  get status(): RunStatus {
    if (this.#end) return this.#end.status;
    if (this.#control.stopping.aborted) return "stopping";
    if (this.#control.paused) return "paused";
    return this.#started ? "running" : "waiting";
  }

  /** One entry per step so far. The newest steps follow within a quarter of a second. */
  get history(): readonly HistoryEntry[] {
    return this.#log.history;
  }

  /**
   * Returns the events of `types` (default all) from now on, as plain objects; leaving the loop unsubscribes.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const run = new Trainer(model).pretrain(corpus, { steps: 5, batchTokens: 256 }).run({ display: false });
   * for await (const event of run.events("step", "validation")) {
   *   console.log(event.type, event.step, event.loss);
   * }
   * ```
   */
  events<Type extends RunEvent["type"]>(...types: Type[]): AsyncIterable<EventOf<Type>> {
    return this.#log.events.of(types);
  }

  /**
   * Stops the run: it finishes the step, writes a checkpoint and resolves with "stopped". A second call aborts it without
   * a checkpoint.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const run = new Trainer(model).pretrain(corpus, { steps: 1000, batchTokens: 256 }).run({ display: false });
   * for await (const { step } of run.events("step")) {
   *   if (step === 3) run.stop();
   * }
   * console.log((await run).status); // "stopped"
   * ```
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

  /** Pauses the run before its next step; it keeps its memory and the device. */
  pause(): void {
    this.#control.pause();
  }

  /** Ends the pause. */
  resume(): void {
    this.#control.resume();
  }

  /**
   * Takes `count` more steps and then pauses; a run that was not paused is paused from then on.
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

  /** Shows the loss curves so far. */
  chart(): Displayable {
    return new LossChart(this.#log);
  }

  /**
   * Returns what the devices and the exchanges of a run of several processes, or of several lanes, did when: Chrome's trace
   * JSON, for chrome://tracing and Perfetto. Rank 0 has the events of all ranks once a stage is over, and a run that was
   * launched at its end; until then, and on other ranks, they are this rank's. One process with one lane has none.
   */
  trace(): string {
    return this.#trace.chrome();
  }

  /** Calls `done` with the result or `failed` with the error when the run ends, as a promise does. */
  then<A = RunResult, B = never>(
    done?: ((result: RunResult) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.finished.then(done, failed);
  }

  /** Calls `failed` with the error when the run fails, as a promise does. */
  catch<B = never>(failed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<RunResult | B> {
    return this.finished.catch(failed);
  }

  /** Calls `ended` when the run ends, as a promise does. */
  finally(ended?: (() => void) | null): Promise<RunResult> {
    return this.finished.finally(ended);
  }

  /**
   * Shows the run as the value of a notebook cell: nothing in the cell that started or awaited it, since its card stands
   * there, one line elsewhere while it goes on, and then the card.
   */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    if (this.#isFresh()) return {};
    return this.#live && !this.#end ? { "text/plain": this.#describe() } : bundle(this.picture());
  }

  /** Returns true where the live card stands in the cell that runs: it has just appeared, or shown its last state. */
  #isFresh(): boolean {
    return this.#live && performance.now() - this.#shownAt < shownFor;
  }

  #describe(): string {
    const { stages, stage } = this.#log;
    const current = stages.at(-1);
    const progress = current ? `, ${stage} ${number(current.done)} of ${plural(current.steps, "step")}` : "";
    return `${this.name} (${this.status}${progress})`;
  }

  /** Returns the state of the run as plain data. */
  toJSON(): Record<string, unknown> {
    const { step, tokens, seconds, stages, exact } = this.#log;
    return { name: this.name, status: this.status, step, tokens, seconds, stages, exact };
  }

  /** Shows the card. */
  picture(): Picture {
    return runCard(this.#facts());
  }

  #facts(): CardFacts {
    const log = this.#log;
    const { folder } = this.#spec;
    const { activity: note, stage, stages, history, validations, evaluations, warnings, sample, saved } = log;
    const { tokens, seconds, otherWork, peakMemory } = log;
    const speed = this.#end ? meanSpeed(log) : log.rate.value;
    return {
      ...{ title: this.name, status: this.status, note, error: this.#end?.error },
      ...{ stage, stages, history, validations, evaluations, warnings, sample },
      ...{ tokens, seconds, otherWork, speed, peakMemory },
      devices: this.#devices > 1 ? this.#devices : undefined,
      overlap: this.#end && this.#trace.overlap,
      utilisation: this.#utilisation(speed),
      energy: log.shownEnergy(),
      checkpoint: folder?.newest,
      saved,
      resumeCall: folder && this.#calls.resume,
      startCall: this.#calls.start,
    };
  }

  /** Returns the share of the device's peak in use; undefined where the peak or the speed is not known. */
  #utilisation(rate: number): number | undefined {
    if (!this.#peakFlops || !(rate > 0)) return undefined;
    const { chain, model: { config } } = this.#spec;
    const stage = stagesOf(chain).find(({ settings }) => settings.name === this.#log.stage);
    const peak = this.#peakFlops * this.#devices;
    return utilisation(config, config.context, rate, peak, stage?.settings.lora);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The loss curves of a run. */
class LossChart extends Displayable {
  readonly #log: RunLog;

  constructor(log: RunLog) {
    super();
    this.#log = log;
  }

  picture(): Picture {
    return lossChart(this.#log.history, this.#log.validations);
  }
}
