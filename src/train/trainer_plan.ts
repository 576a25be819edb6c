/**
 * What a trainer is going to do, as far as that is known before any data is read.
 *
 * @module
 */
import { count, Displayable, join, number, type Picture, table } from "../display/mod.ts";
import type { Model, PlanFacts } from "../model/mod.ts";
import type { Item } from "./job.ts";
import { scheduleOf, type StageSettings } from "./stage.ts";

/** A stage in a plan. */
export interface StagePlan {
  /** Its settings. */
  settings: StageSettings;
  /** Updates; undefined where the length is in epochs, whose windows are unknown until the data is read. */
  steps?: number;
  /** Positions trained on; undefined likewise. */
  tokens?: number;
  /** FLOPs and bytes of the stage; bytes alone are right where the tokens are unknown. */
  cost: PlanFacts;
}

/** A plan that shows itself. */
export class TrainerPlan extends Displayable {
  /** The stages in order. */
  readonly stages: readonly StagePlan[];
  #model: Model;

  /** Plans a chain; reads nothing. */
  constructor(model: Model, items: readonly Item[]) {
    super();
    this.#model = model;
    this.stages = items.flatMap((item) => "stage" in item ? [stagePlan(model, item.stage.settings)] : []);
  }

  /** The stages, and the model's name. */
  toJSON(): { model: string; stages: readonly StagePlan[] } {
    return { model: this.#model.name, stages: this.stages };
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
      note: `${count(most)}B of memory at most; ${flop}`,
    }));
  }
}

function stagePlan(model: Model, settings: StageSettings): StagePlan {
  const { length, batch, context, microBatch, save } = settings, batchTokens = batch * context;
  const steps = "steps" in length
    ? length.steps
    : "tokens" in length
    ? Math.ceil(length.tokens / batchTokens)
    : undefined;
  const tokens = steps === undefined ? undefined : steps * batchTokens;
  const { facts } = model.plan({ tokens: tokens ?? batchTokens, batchTokens, context, microBatch, save });
  return { settings, steps, tokens, cost: facts };
}

function rowOf({ settings, steps, tokens }: StagePlan): Record<string, string> {
  const { length, learningRate, batch, microBatch, context, held, template } = settings;
  const warmup = steps === undefined ? settings.warmup : scheduleOf(settings, steps).warmup;
  return {
    stage: settings.name,
    length: steps === undefined ? `${Object.values(length)[0]} epochs` : `${number(steps)} steps`,
    tokens: tokens === undefined ? "unknown" : count(tokens),
    batch: `${batch} x ${context}${batch > microBatch ? ` in parts of ${microBatch}` : ""}`,
    "learning rate": `${number(learningRate)}, warmup ${warmup ?? "by length"}`,
    validation: held === null ? "own data" : held === 0 ? "none" : `${number(held * 100)} %`,
    template: template === null ? "" : template.length > 12 ? "Jinja" : template,
  };
}
