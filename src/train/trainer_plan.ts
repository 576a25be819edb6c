/**
 * The plan of a trainer: its stages and their cost, as far as they are known before any data is read.
 *
 * @module
 */
import {
  bytes as showBytes,
  count,
  Displayable,
  duration,
  flop,
  join,
  percent,
  type Picture,
  plural,
  table,
} from "../display/mod.ts";
import { gatherValues } from "../base/exchange.ts";
import { lazily } from "../base/lazy_import.ts";
import type { MeasuredNetwork, Model, PlanFacts, PlanParallel } from "../model/mod.ts";
import { type EnergySettings, energyText, type EnergyUse, powerOf } from "./monitoring/energy.ts";
import { type ChainItem, stagesOf } from "./loop/run_context.ts";
import { minValidationWindows } from "../data/validation/hold_out.ts";
import { shortStageWarning } from "./stages/schedule.ts";
import { laneMicroBatch } from "../model/training/parallel/lane_micro_batch.ts";
import { lanesOf, runParallel } from "./ranks/run_parallel.ts";
import type { TrainerParallelOptions } from "./trainer_options.ts";
import { scheduleOf, type StageSettings } from "./stages/stage.ts";
import { maskOf, type MaskPreview } from "./stages/mask_preview.ts";
import { orderSeed, readStage, type StageDataFacts } from "./stages/stage_data.ts";

/** Conversations of a stage whose mask a plan shows. [ours] */
const shownMasks = 2;

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
  /** Windows, updates and validation data as the data has them; undefined before {@linkcode TrainerPlan.read}. */
  data?: StageDataFacts;
  /** The first conversations with the tokens that count in the loss; undefined for other data, and before the data is read. */
  mask?: MaskPreview;
}

/** The settings of a plan, and what is known so far. */
interface PlanKnowledge {
  /** The energy settings of the trainer. */
  energy: EnergySettings | false;
  /** Seed of the run. */
  seed: number;
  /** The way in which the processes of a launcher share the run. */
  parallel: false | TrainerParallelOptions;
  /** Achieved FLOP/s of a device in each stage, where they were measured. */
  speeds?: readonly number[];
  /** The network between the ranks, where it was measured. */
  network?: MeasuredNetwork;
  /** Facts of each stage's data, where it was read. */
  data?: readonly StageDataFacts[];
  /** The mask of the first conversations of each stage, where they were read. */
  masks?: readonly (MaskPreview | undefined)[];
}

/** The plan of a trainer's chain. */
export class TrainerPlan extends Displayable {
  /** The stages in order. */
  readonly stages: readonly StagePlan[];
  readonly #model: Model;
  readonly #chain: readonly ChainItem[];
  readonly #known: PlanKnowledge;

  /** Plans a chain; reads nothing. */
  constructor(model: Model, chain: readonly ChainItem[], known: PlanKnowledge) {
    super();
    this.#model = model;
    this.#chain = chain;
    this.#known = known;
    this.stages = stagesOf(chain).map(({ settings }, i) => stagePlan(model, settings, known, i));
  }

  /**
   * Reads and tokenizes the data of all stages, as the run will find it again. Returns the plan with the updates of stages
   * in epochs and the share that is really held out: small data gives more of itself, so that a measurement has windows
   * enough. Of a stage of instruction tuning it shows the first conversations with the tokens that count in the loss.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const plan = await new Trainer(model).pretrain(corpus, { epochs: 2, batchTokens: 512 }).plan().read();
   * console.log(plan.stages[0].steps, plan.stages[0].data?.validation);
   * ```
   *
   * @throws {DataError} for data that the run would refuse
   * @throws {ConfigError} when a stage would read a source more often than its `maxEpochs`
   */
  async read({ signal = new AbortController().signal }: { signal?: AbortSignal } = {}): Promise<TrainerPlan> {
    const { seed } = this.#known;
    const data: StageDataFacts[] = [];
    const masks: (MaskPreview | undefined)[] = [];
    for (const [i, stage] of stagesOf(this.#chain).entries()) {
      const order = orderSeed(seed, i, stage.settings.name);
      data.push(await readStage(this.#model, stage, { seed, order, signal }));
      masks.push(await maskOf(this.#model, stage, shownMasks, { signal }));
    }
    return new TrainerPlan(this.#model, this.#chain, { ...this.#known, data, masks });
  }

  /**
   * Runs three steps of each stage on copies of the model; returns the plan with time, and energy where watts are known.
   * Ranks that share the run call it at the same time, and measure their network too.
   */
  async measure(): Promise<TrainerPlan> {
    const run = runParallel(this.#model, this.#known.parallel);
    const { ranks } = run;
    const { measureNetwork } = await lazily(() => import("../model/planning/measure_network.ts"));
    const { measureSpeed } = await lazily(() => import("../model/planning/measure_speed.ts"));
    const network = ranks.world.size > 1 ? await measureNetwork(ranks, this.#model.device) : undefined;
    const speeds: number[] = [];
    for (const { settings } of this.stages) {
      const { context, batch, save, lora } = settings;
      const microBatch = laneMicroBatch(settings, lanesOf(run), ranks.model.size);
      using copy = await this.#model.clone();
      const plan = { context, batchTokens: batch * context, microBatch, save, lora };
      const own = await measureSpeed(copy, plan);
      speeds.push(Math.min(...await gatherValues(ranks.world, own, "measure speed")));
    }
    return new TrainerPlan(this.#model, this.#chain, { ...this.#known, speeds, network });
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
    const settings = this.#known.energy;
    const power = settings && powerOf(settings, this.#model.device);
    if (!settings || !power || seconds === undefined) return undefined;
    const { pue, gridKgPerKWh } = settings;
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
    const work = this.stages.every(({ tokens }) => tokens !== undefined)
      ? `${flop(this.stages.reduce((sum, { cost }) => sum + cost.flop, 0))} in all`
      : "windows of stages in epochs are unknown until the data is read: await trainer.plan().read()";
    const warnings = this.stages.flatMap(({ settings: { name }, steps }) =>
      steps === undefined ? [] : shortStageWarning(name, steps) ?? []
    );
    const masks = this.stages.flatMap(({ mask }) => mask ? [mask.picture()] : []);
    const overview = table(rows, {
      title: `Training plan of ${this.#model.name}`,
      note: [
        `${showBytes(maxBytes)} of memory at most${this.#ranks()}`,
        work,
        this.#time(),
        ...warnings.map((warning) => `Warning: ${warning}`),
      ].join("\n"),
    });
    return join(overview, ...masks);
  }

  /** Returns the processes and what one of them sends in a step of the first stage. */
  #ranks(): string {
    const { parallel } = this.stages[0].cost;
    if (!parallel) return "";
    const { processes, exchanges, sent } = parallel;
    return ` on each of ${processes} devices; a rank sends ${
      showBytes(sent)
    } in ${exchanges} exchanges a step`;
  }

  #time(): string {
    const { seconds, energy } = this;
    if (seconds !== undefined) {
      const asked = this.#known.energy && this.#known.energy.asked;
      const unknown = asked ? ["energy unknown: give the trainer energy: { watts }"] : [];
      return [duration(seconds), ...energy ? [energyText(energy)] : unknown].join(", ");
    }
    return this.#known.speeds?.length
      ? "time unknown: a length in epochs"
      : "time not measured: await trainer.plan().measure()";
  }
}

function stagePlan(
  model: Model,
  settings: StageSettings,
  { energy, speeds, network, data, masks, parallel }: PlanKnowledge,
  index: number,
): StagePlan {
  const flops = speeds?.[index];
  const facts = data?.[index];
  const { length, batch, context, save } = settings;
  const batchTokens = batch * context;
  const steps = "steps" in length
    ? length.steps
    : "tokens" in length
    ? Math.ceil(length.tokens / batchTokens)
    : facts?.steps;
  const tokens = steps === undefined ? undefined : steps * batchTokens;
  const { pue, gridKgPerKWh } = energy || {};
  const watts = energy && powerOf(energy, model.device)?.watts;
  const device = flops === undefined ? undefined : { flops, watts: watts || undefined };
  const ranks = planParallel(model, parallel);
  const { microBatch } = settings;
  const options = {
    batchTokens,
    context,
    microBatch,
    save,
    device,
    parallel: ranks,
    network,
    ...energy && { pue, gridKgPerKWh },
  };
  const { facts: cost } = model.plan({ tokens: tokens ?? batchTokens, lora: settings.lora, ...options });
  const mask = masks?.[index];
  return { settings, steps, tokens, cost, ...(facts && { data: facts }), ...(mask && { mask }) };
}

/** Returns the processes that share a run. */
function planParallel(model: Model, option: false | TrainerParallelOptions): Required<PlanParallel> {
  const run = runParallel(model, option);
  const { ranks: { world, model: { size } }, zero, overlap } = run;
  return { processes: world.size, model: size, lanes: lanesOf(run), zero, overlap };
}

function rowOf({ settings, steps, tokens, cost, data }: StagePlan): Record<string, string> {
  const { length, learningRate, batch, microBatch, context, template, lora } = settings;
  const warmup = steps === undefined ? settings.warmup : scheduleOf(settings, steps).warmup;
  return {
    stage: settings.name,
    length: steps === undefined ? plural(Object.values(length)[0], "epoch") : plural(steps, "step"),
    tokens: tokens === undefined ? "unknown" : count(tokens),
    batch: `${batch} x ${context}${batch > microBatch ? ` in parts of ${microBatch}` : ""}`,
    "learning rate": `${Number(learningRate.toPrecision(4))}, warmup ${warmup ?? "by length"}`,
    validation: validationOf(settings, data),
    ...(lora && { trains: `LoRA, rank ${lora.rank}` }),
    ...(template !== null && { template: template.length > 12 ? "Jinja" : template }),
    ...(cost.seconds !== undefined && { time: tokens === undefined ? "unknown" : duration(cost.seconds) }),
  };
}

/** Describes the validation data: before it is read the share asked for, then the share that is held out. */
function validationOf({ held }: StageSettings, data?: StageDataFacts): string {
  if (held === null) return "own data";
  if (held === 0) return "none";
  if (!data) return `${percent(held)}, at least ${minValidationWindows} windows`;
  if (!data.heldShare) return data.validation;
  return percent(data.heldShare) + (data.heldShare > held ? ` (${percent(held)} asked)` : "");
}
