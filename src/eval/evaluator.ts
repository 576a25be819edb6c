/**
 * `Evaluator`: an immutable plan of tasks, which reads and runs nothing before `run`.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { optionsSchema, parseOptions, show } from "../base/schema.ts";
import { throwIfAborted } from "../base/together.ts";
import type { Dataset, TokenDataset } from "../data/mod.ts";
import {
  Displayable,
  Help,
  interruptible,
  type Picture,
  type Progress,
  table,
  withProgress,
} from "../display/mod.ts";
import { benchmark } from "./benchmarks/registry.ts";
import { suite } from "./benchmarks/suites.ts";
import helpTexts from "./evaluator_help.json" with { type: "json" };
import { lossEntry, type LossOptions } from "./loss_task.ts";
import { AnswerCache } from "./models/answer_cache.ts";
import { type EvalModel, isEvalModel, namedModels } from "./models/eval_model.ts";
import { type DealtWork, dealtWorkOf } from "./models/dealt_work.ts";
import { Report } from "./reports/report.ts";
import { type AddOptions, taskEntry } from "./task_entry.ts";
import type { PlanEntry, TaskResult } from "./tasks/task_result.ts";
import type { Task } from "./tasks/task.ts";

/** Settings of an evaluator. */
export interface EvaluatorOptions {
  /** Seed of the few-shot examples and of the drawn texts; default 42. */
  seed?: number;
  /**
   * Place for the models' answers, kept by a hash of their weights so that a stopped evaluation continues where it was:
   * `true` (default) for the SDK's cache folder, a path for another folder, `false` to keep none. No answers are kept of
   * a model that is given to `run`, as a trainer does, under a launcher of several processes, or where writing is not
   * permitted.
   */
  cache?: boolean | string;
}

const schema = optionsSchema<EvaluatorOptions>("EvaluatorOptions")(z.strictObject({
  seed: z.int().default(42),
  cache: z.union([z.boolean(), z.string().min(1)], { error: "must be true, false or a folder" }).default(
    true,
  ),
}));

/** Settings of {@linkcode Evaluator.suite}. */
export interface SuiteOptions {
  /** The folder for all data; default the folder that the environment variable LLAMERO_DATA names. */
  data?: string;
  /** Number of items to ask of each task, from the first; default all. */
  limit?: number;
}

const suiteSchema = optionsSchema<SuiteOptions>("SuiteOptions")(z.strictObject({
  data: z.string().min(1).optional(),
  limit: z.int().min(1).optional(),
}));

/** Settings of {@linkcode Evaluator.run}. */
export interface EvaluateOptions {
  /** Stops the run, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

const abortSignal = z.custom<AbortSignal>((value) => value instanceof AbortSignal, "must be an AbortSignal");
const runSchema = optionsSchema<EvaluateOptions>("EvaluateOptions")(
  z.strictObject({ signal: abortSignal.optional() }),
);

/**
 * A plan of tasks to run on one model or on several.
 *
 * ```ts
 * import { Dataset, Evaluator, Model, Tokenizer } from "@llamero/sdk";
 *
 * const book = Dataset.sample("moby-dick");
 * const tokenizer = await Tokenizer.train(book.take(5), { vocabSize: 400 });
 * const one = await Model.create("nano", { tokenizer, context: 64, seed: 1 });
 * const other = await Model.create("nano", { tokenizer, context: 64, seed: 2, name: "other" });
 * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
 * const report = await new Evaluator({ one, other })
 *   .add("piqa", { data: goals })
 *   .loss(book.skip(134), { name: "last chapter" })
 *   .run();
 * console.log(report.value("last chapter", { model: "other" }), "nats per token");
 * ```
 */
export class Evaluator extends Displayable {
  #models: readonly [string, EvalModel][];
  readonly #options: z.output<typeof schema>;
  #entries: readonly PlanEntry[] = [];

  /**
   * Makes an empty plan for a model, for several models by name, or for the model that {@linkcode Evaluator.run} is given.
   *
   * @throws {ConfigError} for a value that is not a model, or an unknown option
   */
  constructor(models?: EvalModel | Record<string, EvalModel>, options: EvaluatorOptions = {}) {
    super();
    this.#models = models === undefined ? [] : namedModels(models);
    this.#options = parseOptions(schema, options, "Evaluator");
  }

  /**
   * Lists the verbs, or explains one with its options, their defaults and where these come from.
   *
   * ```ts
   * import { Evaluator } from "@llamero/sdk";
   *
   * await Evaluator.help().show();
   * await Evaluator.help("add").show();
   * ```
   *
   * @throws {ConfigError} for a verb that it does not have
   */
  static help(verb?: string): Help {
    return new Help(helpTexts, verb);
  }

  /**
   * Returns the plan with one more task: a benchmark of the paper by its name, or a task made by `defineTask`.
   *
   * ```ts
   * import { Dataset, Evaluator } from "@llamero/sdk";
   *
   * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
   * const plan = new Evaluator()
   *   .add("piqa", { data: goals, limit: 100 })
   *   .add("gsm8k", { data: "data/gsm8k", shots: 4 });
   * await plan.show();
   * ```
   *
   * @throws {ConfigError} for an unknown benchmark or option
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
   * Returns the plan with the benchmarks of a section of the paper, one per column of its tables: `llama` (all sections),
   * `common-sense`, `closed-book`, `reading`, `math`, `code` or `bias`. The folder `data` holds a folder per task, named
   * after it.
   *
   * ```ts
   * import { Evaluator } from "@llamero/sdk";
   *
   * await new Evaluator().suite("common-sense", { data: "data/benchmarks", limit: 200 }).show();
   * ```
   *
   * @throws {ConfigError} for an unknown suite or option
   */
  suite(name: string, options: SuiteOptions = {}): Evaluator {
    const { data, limit } = parseOptions(suiteSchema, options, `suite(${name})`);
    return suite(name).reduce<Evaluator>((plan, { task, ...entry }) => {
      const taskData = data === undefined ? {} : { data: `${data}/${task}` };
      return plan.add(task, { ...entry, ...taskData, limit });
    }, this);
  }

  /**
   * Returns the plan with the loss on a dataset: nats per token, bits per byte and perplexity.
   *
   * ```ts
   * import { Dataset, Evaluator, Model, Tokenizer } from "@llamero/sdk";
   *
   * const book = Dataset.sample("moby-dick");
   * const tokenizer = await Tokenizer.train(book.take(5), { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const report = await new Evaluator(model).loss(book.skip(134), { name: "last chapter" }).run();
   * await report.table().show();
   * ```
   *
   * @throws {ConfigError} for a value that is not a dataset, or an unknown option
   */
  loss(dataset: Dataset | TokenDataset, options: LossOptions = {}): Evaluator {
    return this.#with(lossEntry(dataset, options));
  }

  #with(entry: PlanEntry): Evaluator {
    const { name } = entry;
    if (this.#entries.some((other) => other.name === name)) {
      throw new ConfigError(
        `Cannot add "${name}" twice: give one of them another name, { name: "${name} 2" }`,
        { path: "name", value: name },
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
   * ```ts
   * import { Dataset, Evaluator, Model, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const goals = Dataset.from([{ goal: "Cut a rope", sol1: "Use a spoon.", sol2: "Use a knife.", label: 1 }]);
   * const report = await new Evaluator(model).add("piqa", { data: goals }).run();
   * console.log(report.value("piqa"));
   * ```
   *
   * @throws {ConfigError} when there is no model or no task
   * @throws {DataError} when a task's data is missing or damaged
   */
  run(options?: EvaluateOptions): Promise<Report>;
  /** Runs the plan on `model` instead of its own models, as a trainer does. */
  run(model: EvalModel, options?: EvaluateOptions): Promise<Report>;
  async run(first: EvalModel | EvaluateOptions = {}, second: EvaluateOptions = {}): Promise<Report> {
    const isOtherModel = isEvalModel(first);
    const models = isOtherModel ? namedModels(first) : this.#models;
    const { signal } = parseOptions(runSchema, isOtherModel ? second : first, "Evaluator.run");
    if (models.length === 0) {
      throw new ConfigError(
        "Cannot run the evaluation: it has no model, use new Evaluator(model) or run(model)",
      );
    }
    if (this.#entries.length === 0) {
      throw new ConfigError("Cannot run the evaluation: it has no task, use add or loss");
    }
    return await interruptible(signal, (signal) => this.#runTasks(models, !isOtherModel, { signal }));
  }

  /**
   * Runs the plan on a model that several processes hold or train together: each calls it, and all get the report. A
   * trainer does; `run` in a script under a launcher shares the work likewise.
   *
   * @param options `own` carries out the part of the work in which no process waits for another one
   */
  runOnRanks(model: EvalModel, options: { signal?: AbortSignal; own: DealtWork["own"] }): Promise<Report> {
    return this.#runTasks(namedModels(model), false, options);
  }

  /** Runs every task on every model; `keepAnswers` allows the cache that the options ask for. */
  async #runTasks(
    models: readonly [string, EvalModel][],
    keepAnswers: boolean,
    { signal, own }: { signal?: AbortSignal; own?: DealtWork["own"] },
  ): Promise<Report> {
    const { seed, cache } = this.#options;
    const results: TaskResult[] = [];
    const caches = new Map<string, AnswerCache | undefined>();
    const total = this.#entries.length * models.length;
    const runAll = async (progress?: Progress) => {
      for (const entry of this.#entries) {
        for (const [name, model] of models) {
          const shared = dealtWorkOf(model, own);
          await throwIfAborted(shared.copy, signal);
          if (cache && keepAnswers && shared.world.size === 1 && !caches.has(name)) {
            caches.set(name, await AnswerCache.of(model, cache === true ? undefined : cache));
          }
          const run = { model: name, seed, signal, cache: caches.get(name), shared };
          results.push(await entry.run(model, run));
          progress?.add();
        }
      }
    };
    // A single task shows its own progress.
    await (total === 1 ? runAll() : withProgress("evaluating", { total, unit: "task" }, runAll));
    return new Report(results);
  }

  /** Returns a table of the plan. */
  override picture(): Picture {
    const names = this.#models.map(([name]) => name).join(", ");
    const title = `Evaluation ${names ? `of ${names}` : "without a model"}, not run yet: await .run()`;
    const rows = this.#entries.map(({ name, facts: { kind, data, limit, shots, rule } }) => (
      { task: name, kind, data, limit, shots, rule }
    ));
    return table(rows, { title });
  }

  /** Returns the plan as JSON: models by name, tasks by their facts. */
  toJSON(): { models: string[]; seed: number; tasks: Record<string, unknown>[] } {
    const tasks = this.#entries.map(({ name, facts }) => ({ name, ...facts }));
    return { models: this.#models.map(([name]) => name), seed: this.#options.seed, tasks };
  }
}
