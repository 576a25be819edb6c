/**
 * The plan of a trainer: its stages and their cost, as far as they are known before any data is read.
 *
 * @module
 */
import { count, Displayable, duration, join, number, type Picture, table } from "../display/mod.ts";
import type { Model, PlanFacts } from "../model/mod.ts";
import { measureSpeed } from "../model/training/measure_speed.ts";
import { type EnergySettings, energyText, type EnergyUse, powerOf } from "./monitoring/energy.ts";
import { type ChainItem, stagesOf } from "./loop/run_context.ts";
import { scheduleOf, type StageSettings } from "./stages/stage.ts";

/** A stage in a plan. */
export interface StagePlan {
  /** Settings of the stage. */
  settings: StageSettings;
  /** Updates; undefined where the length is in epochs, whose windows are unknown until the data is read. */
  steps?: number;
  /** Positions trained on; undefined where the length is in epochs. */
  tokens?: number;
  /** FLOPs and bytes, and once the speed is known time and energy; only the bytes are right where the tokens are unknown. */
  cost: PlanFacts;
}

/** The plan of a trainer's chain. */
export class TrainerPlan extends Displayable {
  /** The stages in order. */
  readonly stages: readonly StagePlan[];
  readonly #model: Model;
  readonly #chain: readonly ChainItem[];
  readonly #energy: EnergySettings | false;
  readonly #speeds: readonly number[];

  /** Plans a chain; reads nothing. `speeds` are the achieved FLOP/s of its stages, where they were measured. */
  constructor(
    model: Model,
    chain: readonly ChainItem[],
    energy: EnergySettings | false,
    speeds: readonly number[] = [],
  ) {
    super();
    this.#model = model;
    this.#chain = chain;
    this.#energy = energy;
    this.#speeds = speeds;
    this.stages = stagesOf(chain).map(({ settings }, i) => stagePlan(model, settings, energy, speeds[i]));
  }

  /** Runs three steps of each stage on copies of the model; returns the plan with time, and energy where watts are known. */
  async measure(): Promise<TrainerPlan> {
    const speeds: number[] = [];
    for (const { settings: { context, batch, microBatch, save, lora } } of this.stages) {
      using copy = await this.#model.clone();
      speeds.push(
        await measureSpeed(copy, { context, batchTokens: batch * context, microBatch, save, lora }),
      );
    }
    return new TrainerPlan(this.#model, this.#chain, this.#energy, speeds);
  }

  /** Seconds of all stages; undefined before they are measured, or where a length is unknown. */
  get seconds(): number | undefined {
    if (!this.stages.every(({ tokens, cost }) => tokens !== undefined && cost.seconds !== undefined)) {
      return undefined;
    }
    return this.stages.reduce((sum, { cost }) => sum + cost.seconds!, 0);
  }

  /** Energy of all stages, where time and watts are known. */
  get energy(): EnergyUse | undefined {
    const { seconds } = this;
    const power = this.#energy && powerOf(this.#energy, this.#model.device);
    if (!this.#energy || !power || seconds === undefined) return undefined;
    const { pue, gridKgPerKWh } = this.#energy;
    const wattHours = this.stages.reduce((sum, { cost }) => sum + cost.wattHours!, 0);
    return {
      wattHours,
      gramsCO2eq: wattHours * gridKgPerKWh,
      pue,
      gridKgPerKWh,
      source: power.source,
    };
  }

  /** Returns model name, stages, and time and energy where they are known. */
  toJSON(): { model: string; stages: readonly StagePlan[]; seconds?: number; energy?: EnergyUse } {
    const { seconds, energy } = this;
    return { model: this.#model.name, stages: this.stages, seconds, energy };
  }

  /** Shows a table of the stages. */
  picture(): Picture {
    if (!this.stages.length) {
      return { text: "Nothing planned: add .pretrain(data, { tokens }) or .instruct(data)" };
    }
    const rows = this.stages.map((stage) => rowOf(stage));
    const maxBytes = Math.max(...this.stages.map(({ cost }) => cost.bytes.total));
    const flop = this.stages.every(({ tokens }) => tokens !== undefined)
      ? `${this.stages.reduce((sum, { cost }) => sum + cost.flop, 0).toExponential(2)} FLOP in all`
      : "windows of stages in epochs are unknown until the data is read";
    return join(table(rows, {
      title: `Training plan of ${this.#model.name}`,
      note: `${count(maxBytes)}B of memory at most; ${flop}; ${this.#time()}`,
    }));
  }

  #time(): string {
    const { seconds, energy } = this;
    if (seconds !== undefined) {
      return `${duration(seconds)}, ${
        energy ? energyText(energy) : "energy unknown: give the trainer energy: { watts }"
      }`;
    }
    return this.#speeds.length
      ? "time unknown: a length in epochs"
      : "time not measured: await trainer.plan().measure()";
  }
}

function stagePlan(
  model: Model,
  settings: StageSettings,
  energy: EnergySettings | false,
  flops?: number,
): StagePlan {
  const { length, batch, context, microBatch, save } = settings;
  const batchTokens = batch * context;
  const steps = "steps" in length
    ? length.steps
    : "tokens" in length
    ? Math.ceil(length.tokens / batchTokens)
    : undefined;
  const tokens = steps === undefined ? undefined : steps * batchTokens;
  const { watts: _, ...assumptions } = energy || {};
  const watts = energy && powerOf(energy, model.device)?.watts;
  const device = flops === undefined ? undefined : { flops, watts: watts || undefined };
  const options = { batchTokens, context, microBatch, save, device, ...assumptions };
  const { facts } = model.plan({ tokens: tokens ?? batchTokens, lora: settings.lora, ...options });
  return { settings, steps, tokens, cost: facts };
}

function rowOf({ settings, steps, tokens, cost }: StagePlan): Record<string, string> {
  const { length, learningRate, batch, microBatch, context, held, template, lora } = settings;
  const warmup = steps === undefined ? settings.warmup : scheduleOf(settings, steps).warmup;
  return {
    stage: settings.name,
    length: steps === undefined ? `${Object.values(length)[0]} epochs` : `${number(steps)} steps`,
    tokens: tokens === undefined ? "unknown" : count(tokens),
    batch: `${batch} x ${context}${batch > microBatch ? ` in parts of ${microBatch}` : ""}`,
    "learning rate": `${number(learningRate)}, warmup ${warmup ?? "by length"}`,
    validation: held === null ? "own data" : held === 0 ? "none" : `${number(held * 100)} %`,
    ...(lora && { trains: `LoRA, rank ${lora.rank}` }),
    template: template === null ? "" : template.length > 12 ? "Jinja" : template,
    ...(cost.seconds !== undefined && { time: tokens === undefined ? "unknown" : duration(cost.seconds) }),
  };
}
