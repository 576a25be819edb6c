/**
 * The plan of a training run, shown as tables of its cost.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import {
  bytes as showBytes,
  count,
  Displayable,
  duration,
  energy,
  join,
  keyValues,
  mass,
  number,
  type Picture,
} from "../../display/mod.ts";
import type { PlanBytes } from "../training/step_memory.ts";
import { parallelRows, parallelTables, speedRemark } from "./parallel_tables.ts";
import type { PlanFacts } from "./plan_facts.ts";

/** The plan of a training run, shown as a table of its cost. */
export class Plan extends Displayable {
  readonly #measure?: () => Promise<Plan>;

  /** Wraps the facts of a plan; use `Model.plan` and `model.plan`. */
  constructor(
    /** Name of the model. */
    readonly name: string,
    /** The numbers of the plan. */
    readonly facts: PlanFacts,
    measure?: () => Promise<Plan>,
  ) {
    super();
    this.#measure = measure;
  }

  /**
   * Runs three steps on the GPU. Returns the plan with the speed of the last two. Under a launcher every rank calls it, and
   * the network between the ranks is measured too.
   *
   * @throws {ConfigError} for the plan of a preset or a shape, and for other processes than those that run
   */
  measure(): Promise<Plan> {
    if (this.#measure) return this.#measure();
    throw new ConfigError(
      "Cannot measure a plan without a model: use (await Model.create(...)).plan(...).measure()",
    );
  }

  /** The numbers of the plan. */
  toJSON(): PlanFacts {
    return this.facts;
  }

  /** A table of the numbers; of several processes also what each of them holds and sends. */
  picture(): Picture {
    const f = this.facts;
    const frozen: [string, string][] = f.bytes.frozen === undefined
      ? []
      : [["frozen copy", showBytes(f.bytes.frozen)]];
    const overview = keyValues(`Plan of ${this.name}`, [
      ["parameters", `${count(f.parameters.total)} (${count(f.parameters.blocks)} without embeddings)`],
      ...(frozen.length ? [["trained", `${count(f.trainable)} in adapters`] as [string, string]] : []),
      ["tokens", `${count(f.tokens)} in ${count(f.steps)} steps of ${count(f.batchTokens)}`],
      ["FLOPs", `${number(f.flop, 3)} (${count(f.flopPerToken)} per token)`],
      ...parallelRows(f),
      ["weights", showBytes(f.bytes.weights) + halves(f.bytes)],
      ...frozen,
      ["gradients", showBytes(f.bytes.gradients)],
      ["moments", showBytes(f.bytes.moments)],
      ["activations", showBytes(f.bytes.activations)],
      ["memory", showBytes(f.bytes.total) + (f.parallel ? " on each device" : "")],
      ["time", timeOf(f)],
      ...speedRemark(f),
      [
        "energy",
        f.wattHours === undefined ? "unknown: give device.watts" : energy(f.wattHours),
      ],
      ["carbon", f.gramsCO2eq === undefined ? "unknown" : `${mass(f.gramsCO2eq)} CO2eq`],
    ]);
    return f.parallel ? join(overview, ...parallelTables(f.parallel)) : overview;
  }
}

/** Returns the share of the halves, for weights of dtype "f16". */
function halves({ weights, halves }: PlanBytes): string {
  return halves === undefined ? "" : `: ${showBytes(weights - halves)} in f32, ${showBytes(halves)} in f16`;
}

function timeOf({ seconds, parallel }: PlanFacts): string {
  if (seconds === undefined) return "not measured: await plan.measure()";
  const bare = parallel && !parallel.step;
  return duration(seconds) + (bare ? " of arithmetic; what the ranks send to one another adds to it" : "");
}
