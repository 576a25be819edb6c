/**
 * What a trainer is going to do and what it will cost, as far as that is known before any data is read.
 *
 * @module
 */
import { count, Displayable, duration, join, number, type Picture, table } from "../display/mod.ts";
import type { Model, PlanFacts } from "../model/mod.ts";
import { measureSpeed } from "../model/training/measure_speed.ts";
import { energyText, type EnergyUse, powerOf } from "./monitoring/energy.ts";
import type { Item, RunContext } from "./loop/run_context.ts";
import { scheduleOf, type StageSettings } from "./stages/stage.ts";

/** A stage in a plan. */
export interface StagePlan {
  /** Its settings. */
  settings: StageSettings;
  /** Updates; undefined where the length is in epochs, whose windows are unknown until the data is read. */
  steps?: number;
  /** Positions trained on; undefined likewise. */
  tokens?: number;
  /** FLOPs, bytes, and once the speed is known time and energy; bytes alone are right where the tokens are unknown. */
  cost: PlanFacts;
}

/** A plan that shows itself. */
export class TrainerPlan extends Displayable {
  /** The stages in order. */
  readonly stages: readonly StagePlan[];
  readonly #model: Model;
  readonly #items: readonly Item[];
  readonly #energy: RunContext["energy"];
  readonly #speeds: readonly number[];

  /** Plans a chain; reads nothing. `speeds` are the achieved FLOP/s of its stages, where they were measured. */
  constructor(
    model: Model,
    items: readonly Item[],
    energy: RunContext["energy"],
    speeds: readonly number[] = [],
  ) {
    super();
    this.#model = model;
    this.#items = items;
    this.#energy = energy;
    this.#speeds = speeds;
    const stages = items.flatMap((item) => "stage" in item ? [item.stage.settings] : []);
    this.stages = stages.map((settings, i) => stagePlan(model, settings, energy, speeds[i]));
  }

  /** Runs three steps of each stage on copies of the model and gives the plan with time, and energy where watts are known. */
  async measure(): Promise<TrainerPlan> {
    const speeds: number[] = [];
    for (const { settings: { context, batch, microBatch, save, lora } } of this.stages) {
      using copy = await this.#model.clone();
      speeds.push(
        await measureSpeed(copy, { context, batchTokens: batch * context, microBatch, save, lora }),
      );
    }
    return new TrainerPlan(this.#model, this.#items, this.#energy, speeds);
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

  /** The stages, the model's name, and what is known of time and energy. */
  toJSON(): { model: string; stages: readonly StagePlan[]; seconds?: number; energy?: EnergyUse } {
    const { seconds, energy } = this;
    return { model: this.#model.name, stages: this.stages, seconds, energy };
  }

  /** A table of the stages. */
  picture(): Picture {
    if (!this.stages.length) {
      return { text: "Nothing planned: add .pretrain(data, { tokens }) or .instruct(data)" };
    }
    const rows = this.stages.map((stage) => rowOf(stage));
    const most = Math.max(...this.stages.map(({ cost }) => cost.bytes.total));
    const flop = this.stages.every(({ tokens }) => tokens !== undefined)
      ? `${this.stages.reduce((sum, { cost }) => sum + cost.flop, 0).toExponential(2)} FLOP in all`
      : "windows of stages in epochs are unknown until the data is read";
    return join(table(rows, {
      title: `Training plan of ${this.#model.name}`,
      note: `${count(most)}B of memory at most; ${flop}; ${this.#time()}`,
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
  energy: RunContext["energy"],
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
  const { watts: _, ...place } = energy || {};
  const watts = energy && powerOf(energy, model.device)?.watts;
  const device = flops === undefined ? undefined : { flops, watts: watts || undefined };
  const options = { batchTokens, context, microBatch, save, device, ...place };
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
