/**
 * `Evaluator`: a plan of tasks. Cold and immutable; nothing is read or run before `run`.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../base/schema.ts";
import type { Dataset, TokenDataset } from "../data/mod.ts";
import { Displayable, interruptible, type Picture, table } from "../display/mod.ts";
import { benchmark } from "./benchmarks/registry.ts";
import { ItemCache } from "./models/answer_cache.ts";
import { lossEntry, type LossOptions } from "./loss_task.ts";
import { Report } from "./reports/report.ts";
import type { PlanEntry, TaskResult } from "./tasks/task_result.ts";
import { type EvalModel, isScorable, namedModels } from "./models/eval_model.ts";
import { suite } from "./benchmarks/suites.ts";
import type { Task } from "./tasks/task.ts";
import { type AddOptions, taskEntry } from "./task_entry.ts";

/** How an evaluator behaves. */
export interface EvaluatorOptions {
  /** Decides which few-shot examples are drawn, and the draws of texts; default 42. */
  seed?: number;
  /**
   * Whether what the models answer is kept, by a hash of their weights, so that an evaluation that was stopped goes on
   * where it was: true (the default) in the SDK's cache folder, a path in that folder, false not at all. Nothing is kept
   * of a model that `run` is given, as a trainer gives it, nor where writing is not allowed.
   */
  cache?: boolean | string;
}

const schema = optionsSchema<EvaluatorOptions>()(z.strictObject({
  seed: z.int().default(42),
  cache: z.union([z.boolean(), z.string().min(1)], { error: "must be true, false or a folder" }).default(
    true,
  ),
}));

/** How a suite is added. */
export interface SuiteOptions {
  /** The folder for all data; default the one that the environment variable LLAMERO_DATA names. */
  data?: string;
  /** Only the first so many items of each task are asked; default all. */
  limit?: number;
}

const suiteSchema = optionsSchema<SuiteOptions>()(z.strictObject({
  data: z.string().min(1).optional(),
  limit: z.int().min(1).optional(),
}));

/** What a run is given. */
export interface EvaluateOptions {
  /** Stops the run; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

const abortSignal = z.custom<AbortSignal>((value) => value instanceof AbortSignal, "must be an AbortSignal");
const runSchema = optionsSchema<EvaluateOptions>()(z.strictObject({ signal: abortSignal.optional() }));

/**
 * A plan of what to ask which models.
 *
 * ```ts
 * import { Dataset } from "@llamero/sdk/data";
 * import { Evaluator } from "@llamero/sdk/eval";
 * import { Model } from "@llamero/sdk/model";
 *
 * const before = await Model.load("runs/5m/pretrain"), after = await Model.load("runs/5m/instruct");
 * const report = await new Evaluator({ before, after })
 *   .add("piqa", { data: "data/piqa/valid.jsonl" })
 *   .loss(Dataset.text("data/held_out.txt"), { name: "held out" })
 *   .run();
 * console.log(report.value("piqa", { model: "after" }));
 * ```
 */
export class Evaluator extends Displayable {
  #models: readonly [string, EvalModel][];
  readonly #options: z.output<typeof schema>;
  #entries: readonly PlanEntry[] = [];

  /**
   * An empty plan for a model, for several under names, or for whatever {@linkcode Evaluator.run} is given.
   *
   * @throws {ConfigError} for something that is no model, or an unknown option
   */
  constructor(models?: EvalModel | Record<string, EvalModel>, options: EvaluatorOptions = {}) {
    super();
    this.#models = models === undefined ? [] : namedModels(models);
    this.#options = parseOptions(schema, options, "Evaluator");
  }

  /**
   * The plan with one task more: a benchmark of the paper by its name, or one made by `defineTask`.
   *
   * @throws {ConfigError} for a benchmark that this version does not have, or an unknown option
   */
  add(task: string | Task, options: AddOptions = {}): Evaluator {
    if (typeof task !== "string" && typeof task?.run !== "function") {
      throw new ConfigError(
        `Cannot add a task: must be a name or a task made by defineTask, current value is ${show(task)}`,
      );
    }
    return this.#with(taskEntry(typeof task === "string" ? benchmark(task) : task, options));
  }

  /**
   * The plan with a section of the paper: `llama` (all), `common-sense`, `closed-book`, `reading`, `math`, `code` or
   * `bias`, with every column of its tables. `data` is a folder with the data of each task in a folder of its name.
   *
   * @throws {ConfigError} for a name that is none, or an unknown option
   */
  suite(name: string, options: SuiteOptions = {}): Evaluator {
    const { data, limit } = parseOptions(suiteSchema, options, `suite(${name})`);
    return suite(name).reduce<Evaluator>((plan, { task, ...entry }) => {
      const own = data === undefined ? {} : { data: `${data}/${task}` };
      return plan.add(task, { ...entry, ...own, limit });
    }, this);
  }

  /** The plan with one loss more: nats per token, bits per byte and perplexity of a dataset. */
  loss(dataset: Dataset | TokenDataset, options: LossOptions = {}): Evaluator {
    return this.#with(lossEntry(dataset, options));
  }

  #with(entry: PlanEntry): Evaluator {
    const { name } = entry;
    if (this.#entries.some((other) => other.name === name)) {
      throw new ConfigError(
        `Cannot add "${name}" twice: give one of them another name, { name: "${name} 2" }`,
        {
          path: "name",
          value: name,
        },
      );
    }
    const next = new Evaluator(undefined, this.#options);
    next.#models = this.#models;
    next.#entries = [...this.#entries, entry];
    return next;
  }

  /**
   * Runs the plan on its models.
   *
   * @throws {ConfigError} when there is no model or no task
   * @throws {DataError} when a task's data is missing or damaged
   */
  run(options?: EvaluateOptions): Promise<Report>;
  /** Runs the plan on `model`; this is how a trainer calls it. */
  run(model: EvalModel, options?: EvaluateOptions): Promise<Report>;
  async run(first: EvalModel | EvaluateOptions = {}, second: EvaluateOptions = {}): Promise<Report> {
    const given = isScorable(first);
    const models = given ? namedModels(first) : this.#models;
    const { signal } = parseOptions(runSchema, given ? second : first, "Evaluator.run");
    if (models.length === 0) {
      throw new ConfigError(
        "Cannot run the evaluation: it has no model, use new Evaluator(model) or run(model)",
      );
    }
    if (this.#entries.length === 0) {
      throw new ConfigError("Cannot run the evaluation: it has no task, use add or loss");
    }
    return await interruptible(signal, (signal) => this.#measure(models, !given, signal));
  }

  /** Runs every task on every model; answers are kept only of models that are the evaluator's own. */
  async #measure(
    models: readonly [string, EvalModel][],
    keep: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Report> {
    const { seed, cache } = this.#options;
    const results: TaskResult[] = [];
    const caches = new Map<string, ItemCache | undefined>();
    for (const entry of this.#entries) {
      for (const [name, model] of models) {
        signal?.throwIfAborted();
        if (cache && keep && !caches.has(name)) {
          caches.set(name, await ItemCache.of(model, cache === true ? undefined : cache));
        }
        results.push(await entry.run(model, { model: name, seed, signal, cache: caches.get(name) }));
      }
    }
    return new Report(results);
  }

  /** The plan. */
  override picture(): Picture {
    const names = this.#models.map(([name]) => name).join(", ") || "no model yet";
    const title = `Evaluation of ${names}, not run yet: await .run()`;
    const rows = this.#entries.map(({ name, facts: { kind, data, limit, shots, rule } }) => (
      { task: name, kind, data, limit, shots, rule }
    ));
    return table(rows, { title });
  }

  /** The plan as JSON: models by name, tasks by their facts. */
  toJSON(): { models: string[]; seed: number; tasks: Record<string, unknown>[] } {
    const tasks = this.#entries.map(({ name, facts }) => ({ name, ...facts }));
    return { models: this.#models.map(([name]) => name), seed: this.#options.seed, tasks };
  }
}
