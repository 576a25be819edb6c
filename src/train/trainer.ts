/**
 * The trainer: a chain of training stages and evaluations that does nothing until it is run [paper 2.3, 4].
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { parseOptions, show } from "../base/schema.ts";
import { lazily } from "../base/lazy_import.ts";
import { type Conversation, Dataset, type Document, TokenDataset } from "../data/mod.ts";
import { Displayable, Help, join, type Picture } from "../display/mod.ts";
import { Model } from "../model/mod.ts";
import { stateOf } from "../model/model_state.ts";
import {
  CheckpointFolder,
  checkpointNames,
  hasState,
  nothingToResume,
  refuseEarlierRun,
} from "./checkpoints/checkpoint_folder.ts";
import { energySchema, type EnergySettings } from "./monitoring/energy.ts";
import type { Evaluation, PeriodicEvaluationOptions } from "./monitoring/evaluation.ts";
import { type LogPlace, logPlaces } from "./monitoring/logs/run_logs.ts";
import { type ChainItem, type RunSpec, stagesOf } from "./loop/run_context.ts";
import {
  type InstructOptions,
  parseInstruct,
  parsePretrain,
  type PretrainOptions,
  type StageData,
} from "./stages/stage_options.ts";
import { maskOf, type MaskPreview } from "./stages/mask_preview.ts";
import type { ManualStep } from "./loop/manual_steps.ts";
import { launchSettings } from "./ranks/launch_settings.ts";
import { type Recipe, stageJSON } from "./recipe.ts";
import { Run, type RunSettings } from "./run.ts";
import { leaveOthers, runParallel } from "./ranks/run_parallel.ts";
import { planStage, type StageKind } from "./stages/stage.ts";
import { tokenizerOf } from "./stages/stage_data.ts";
import {
  evaluateSchema,
  type KeepOptions,
  keepOptionsSchema,
  type LaunchOptions,
  launchSchema,
  type ResumeOptions,
  resumeSchema,
  type RunOptions,
  runSchema,
  type TrainerOptions,
  trainerSchema,
  type VerifyResumeOptions,
  verifySchema,
} from "./trainer_options.ts";
import helpTexts from "./trainer_help.json" with { type: "json" };
import { TrainerPlan } from "./trainer_plan.ts";
import { type ResumeProof, verifyResume } from "./verify_resume.ts";

/**
 * A plan for training a model. Immutable: each verb returns a new trainer, and nothing is read before `run`.
 *
 * ```ts
 * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
 *
 * const corpus = Dataset.sample("moby-dick").take(20);
 * const questions = Dataset.from([{ prompt: "Who hunts the whale?", completion: "Ahab." }]);
 * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
 * const model = await Model.create("nano", { tokenizer, context: 64 });
 * const result = await new Trainer(model, { checkpoint: await Deno.makeTempDir() })
 *   .pretrain(corpus, { steps: 5, batchTokens: 256 })
 *   .instruct(questions.conversations(), { steps: 2, batchTokens: 128, validation: false })
 *   .run();
 * console.log(result.status, result.stages);
 * ```
 */
export class Trainer extends Displayable {
  /** The model that is trained. */
  readonly model: Model;
  readonly #options: ReturnType<typeof trainerSchema.parse>;
  readonly #keep: Required<KeepOptions>;
  readonly #energy: EnergySettings | false;
  #chain: readonly ChainItem[] = [];

  /**
   * Makes a trainer with an empty chain.
   *
   * @throws {ConfigError} for an unknown or impossible option, and for a model of dtype "q8"
   */
  constructor(model: Model, options: TrainerOptions = {}) {
    super();
    if (!(model instanceof Model)) {
      throw new ConfigError(
        `Cannot make a Trainer: its first argument must be a Model, current value is ${show(model)}`,
      );
    }
    if (model.dtype === "q8") stateOf(model).checkTrainable();
    this.model = model;
    this.#options = parseOptions(trainerSchema, options, "Trainer");
    const { energy, keep } = this.#options;
    this.#keep = parseOptions(
      keepOptionsSchema,
      typeof keep === "number" ? { last: keep } : keep,
      "Trainer.keep",
    );
    const asked = energy !== false && isGiven(energy);
    this.#energy = energy && { ...parseOptions(energySchema, energy, "Trainer.energy"), asked };
    runParallel(model, this.#options.parallel); // refuses impossible options
  }

  /**
   * Lists the verbs, or explains one with its options, their defaults and where these come from.
   *
   * ```ts
   * import { Trainer } from "@llamero/sdk";
   *
   * await Trainer.help().show();
   * await Trainer.help("pretrain").show();
   * ```
   *
   * @throws {ConfigError} for a verb that it does not have
   */
  static help(verb?: string): Help {
    return new Help(helpTexts, verb);
  }

  #append(item: ChainItem): Trainer {
    const next = new Trainer(this.model, this.#options);
    next.#chain = [...this.#chain, item];
    return next;
  }

  #appendStage(kind: StageKind, data: StageData, options: PretrainOptions & InstructOptions): Trainer {
    if (!(data instanceof Dataset || data instanceof TokenDataset)) {
      throw new ConfigError(
        `Cannot use Trainer.${kind}: its first argument must be a Dataset or a TokenDataset, current value is ${
          show(data)
        }`,
        { path: `Trainer.${kind}`, value: data },
      );
    }
    return this.#append({ stage: planStage(this.model, kind, data, options, stagesOf(this.#chain)) });
  }

  /**
   * Adds a stage of pretraining: every token of the text counts in the loss.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const trainer = new Trainer(model).pretrain(corpus, {
   *   steps: 5,
   *   batchTokens: 256,
   *   learningRate: 3e-3,
   *   warmup: 2,
   * });
   * console.log((await trainer.run()).history.map(({ loss }) => loss));
   * ```
   *
   * @throws {ConfigError} for an unknown or impossible option
   */
  pretrain(data: Dataset<Document> | TokenDataset, options: PretrainOptions): Trainer {
    return this.#appendStage("pretrain", data, parsePretrain(options ?? {}));
  }

  /**
   * Adds a stage of instruction tuning: only the assistant's answers and the token that ends them count in the loss.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const questions = Dataset.from([{ prompt: "Who hunts the whale?", completion: "Ahab." }]).conversations();
   * const tokenizer = await Tokenizer.train(Dataset.sample("moby-dick").take(5), { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const trainer = new Trainer(model)
   *   .instruct(questions, { steps: 60, batchTokens: 128, learningRate: 3e-3, validation: false });
   * await (await trainer.maskPreview(1)).show();
   * await trainer.run();
   * console.log(await model.chat("Who hunts the whale?", { temperature: 0, maxTokens: 16 }).text());
   * ```
   *
   * @throws {ConfigError} for an unknown or impossible option
   */
  instruct(data: Dataset<Conversation> | TokenDataset, options: InstructOptions = {}): Trainer {
    return this.#appendStage("instruct", data, parseInstruct(options));
  }

  /**
   * Adds an evaluation: once at this place in the chain, or with `every` repeatedly in the stages that follow.
   *
   * ```ts
   * import { Dataset, Evaluator, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const book = Dataset.sample("moby-dick");
   * const tokenizer = await Tokenizer.train(book.take(20), { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const lastChapter = new Evaluator().loss(book.skip(134), { name: "last chapter" });
   * const { evaluations } = await new Trainer(model)
   *   .evaluate(lastChapter, { every: 5 })
   *   .pretrain(book.take(20), { steps: 10, batchTokens: 256, validation: false })
   *   .run();
   * console.log(evaluations);
   * ```
   *
   * @throws {ConfigError} for something that cannot be run, or an unknown option
   */
  evaluate(evaluation: Evaluation, options: PeriodicEvaluationOptions = {}): Trainer {
    const { every } = parseOptions(evaluateSchema, options, "Trainer.evaluate");
    if (typeof evaluation?.run !== "function") {
      throw new ConfigError(
        "Cannot use Trainer.evaluate: its first argument must have a run(model, { signal })",
      );
    }
    return this.#append({ evaluation, every });
  }

  /**
   * Starts the run at once, in the background.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const run = new Trainer(model).pretrain(corpus, { steps: 5, batchTokens: 256 }).run();
   * console.log(run.status); // the run goes on while other code runs
   * await (await run).show();
   * ```
   *
   * @throws {ConfigError} when the chain is empty, another run has the model or the folder, or the folder holds
   * checkpoints of an earlier run
   */
  run(options: RunOptions = {}): Run {
    const { signal, overwrite, display, until } = parseOptions(runSchema, options, "Trainer.run");
    const { checkpoint } = this.#options;
    if (!overwrite) refuseEarlierRun(checkpoint);
    const spec = { ...this.#spec(checkpoint, overwrite), until, logs: this.#logs(checkpoint, overwrite) };
    const calls = { start: "trainer.run()", resume: "trainer.resume()" };
    return this.#start(spec, { signal, display, calls });
  }

  /**
   * Goes on from the newest whole checkpoint of a run, bit for bit as if it had never been interrupted. A run that is
   * over resolves at once. It rejects with a {@linkcode ConfigError} when the checkpoint belongs to another run.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const trainer = new Trainer(model, { checkpoint: await Deno.makeTempDir() })
   *   .pretrain(corpus, { steps: 6, batchTokens: 256 });
   * console.log((await trainer.run({ until: 3 })).status);
   * console.log((await trainer.resume()).status);
   * ```
   *
   * @param from the folder of a run, or one checkpoint in it; default: the trainer's `checkpoint`
   * @throws {ConfigError} where there is no checkpoint
   */
  resume(from: string | undefined = this.#options.checkpoint, options: ResumeOptions = {}): Run {
    const { signal, force, display, until } = parseOptions(resumeSchema, options, "Trainer.resume");
    if (from === undefined) {
      throw new ConfigError("Cannot resume: name the folder, resume(dir), or give the trainer a checkpoint");
    }
    const path = from.length > 1 ? from.replace(/\/+$/, "") : from;
    const single = hasState(path);
    const folder = single ? path.replace(/\/?[^/]+$/, "") || "." : path;
    if (!single && !checkpointNames(path).length) throw nothingToResume(path);
    const logs = this.#logs(folder, false);
    const spec = { ...this.#spec(folder, false), resume: { path, force }, until, logs };
    const named = folder === this.#options.checkpoint ? "" : JSON.stringify(folder);
    const calls = { start: "trainer.run()", resume: `trainer.resume(${named})` };
    return this.#start(spec, { signal, display, calls });
  }

  /**
   * Starts the run on processes of its own, for a notebook, which is no rank itself. The run shows and obeys as any other; at
   * the end the model has the weights of the last checkpoint. The processes make the data from {@linkcode Trainer.toJSON}.
   *
   * @throws {ConfigError} without a checkpoint folder, or as in {@linkcode Trainer.run}; the run rejects with one where MPI is
   * not installed, or for data that the processes cannot make
   */
  launch(options: LaunchOptions): Run {
    const { signal, display, until, ...o } = parseOptions(launchSchema, options, "Trainer.launch");
    const { checkpoint } = this.#options;
    const launch = launchSettings({ ...o, recipe: this.toJSON() }, checkpoint);
    if (!o.resume && !o.overwrite) refuseEarlierRun(checkpoint);
    const logs = this.#logs(checkpoint, o.overwrite);
    const spec = { ...this.#spec(checkpoint, o.overwrite), until, logs };
    const { ranks } = o;
    const start = `trainer.launch({ ranks: ${ranks} })`;
    const calls = { start, resume: `trainer.launch({ ranks: ${ranks}, resume: true })` };
    return this.#start(spec, { signal, display, calls, launch });
  }

  #start(spec: RunSpec, settings: Omit<RunSettings, "peakFlops">): Run {
    return new Run(spec, { ...settings, peakFlops: this.#options.peakFlops });
  }

  #logs(checkpoint: string | undefined, replace: boolean): LogPlace[] {
    return logPlaces(this.#options.log, checkpoint, replace);
  }

  /** Describes the run; `replace` removes the checkpoints of an earlier run in the folder. */
  #spec(checkpoint: string | undefined, replace: boolean): RunSpec {
    const { seed } = this.#options;
    const parallel = runParallel(this.model, this.#options.parallel);
    const chain = this.#chain;
    const stages = stagesOf(chain);
    leaveOthers(this.model, parallel);
    if (!stages.length) {
      throw new ConfigError("Cannot run: add a stage first, .pretrain(data, { tokens }) or .instruct(data)");
    }
    const last = chain.at(-1)!;
    if ("evaluation" in last && last.every !== undefined) {
      throw new ConfigError(
        "Cannot run: evaluate(..., { every }) must stand before the stages that it watches",
      );
    }
    for (const stage of stages) {
      if (!(stage.data instanceof TokenDataset) || stage.settings.template !== null) {
        tokenizerOf(this.model, stage);
      }
    }
    const folder = checkpoint === undefined
      ? undefined
      : new CheckpointFolder(checkpoint, this.#keep, replace);
    return { model: this.model, chain, seed, energy: this.#energy, folder, parallel };
  }

  /**
   * Returns the steps for a loop of the caller's own: each is enqueued when it is asked for, and read back when its
   * `loss` is. No validation, no checkpoints, no display; leaving the loop frees its memory.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * const trainer = new Trainer(model).pretrain(corpus, { steps: 5, batchTokens: 256 });
   * for await (const step of trainer.steps()) {
   *   console.log(step.step, step.learningRate, await step.loss());
   * }
   * ```
   *
   * @throws {ConfigError} when the chain is empty
   */
  steps(options: { signal?: AbortSignal } = {}): AsyncIterable<ManualStep> {
    return stepsOf(this.#spec(undefined, false), options.signal);
  }

  /**
   * Proves on this plan that a run which is stopped and resumed equals the uninterrupted one, bit for bit: on copies of
   * the model, in temporary folders, with each stage shortened to its first steps. Costs about twice those steps.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create({ dim: 32, layers: 2, heads: 2 }, { tokenizer, context: 32 });
   * const trainer = new Trainer(model).pretrain(corpus, { steps: 100, batchTokens: 128 });
   * await (await trainer.verifyResume({ steps: 3 })).show();
   * ```
   *
   * @returns the proof, with the first difference where there is one; it rejects only with the errors of a run
   */
  async verifyResume(options: VerifyResumeOptions = {}): Promise<ResumeProof> {
    const { steps, signal } = parseOptions(verifySchema, options, "Trainer.verifyResume");
    return await verifyResume(this.#spec(undefined, false), steps, signal);
  }

  /**
   * Shows the first conversations of the first stage of instruction tuning as the model sees them, with the tokens that
   * count in the loss.
   *
   * @throws {ConfigError} where no stage learns from conversations
   */
  async maskPreview(count = 3, options: { signal?: AbortSignal } = {}): Promise<MaskPreview> {
    for (const stage of stagesOf(this.#chain)) {
      const mask = await maskOf(this.model, stage, count, options);
      if (mask) return mask;
    }
    throw new ConfigError("Cannot show a mask: add a stage first, .instruct(conversations)");
  }

  /**
   * Plans the stages and their cost, as far as they are known before the data is read.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
   *
   * const corpus = Dataset.sample("moby-dick").take(20);
   * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
   * const model = await Model.create("nano", { tokenizer, context: 64 });
   * await new Trainer(model).pretrain(corpus, { epochs: 2, batchTokens: 512 }).plan().show();
   * ```
   */
  plan(): TrainerPlan {
    const { seed, parallel } = this.#options;
    return new TrainerPlan(this.model, this.#chain, { energy: this.#energy, seed, parallel });
  }

  /** Returns the chain as plain data, from which {@linkcode trainerOf} makes the trainer again. */
  toJSON(): Recipe {
    const { checkpoint, seed, keep, energy, parallel } = this.#options;
    const { name, config } = this.model;
    const stages = this.#chain.map((item) =>
      "stage" in item ? stageJSON(item.stage) : { name: "evaluate" as const, every: item.every }
    );
    const options = { checkpoint, seed, keep, energy, ...isGiven(parallel) && { parallel } };
    return { recipe: 1, model: { name, config }, ...options, stages };
  }

  /** Shows the plan and the folder of the checkpoints. */
  picture(): Picture {
    const { checkpoint } = this.#options;
    const checkpoints = checkpoint === undefined
      ? "No checkpoints: a run cannot be resumed"
      : `Checkpoints in ${checkpoint}`;
    return join(this.plan().picture(), { text: checkpoints });
  }
}

/** Loads the loop when its first step is asked for. */
async function* stepsOf(spec: RunSpec, signal: AbortSignal | undefined): AsyncGenerator<ManualStep> {
  const { manualSteps } = await lazily(() => import("./loop/manual_steps.ts"));
  yield* manualSteps(spec, signal);
}

/** Returns true for options that are not all defaults. */
function isGiven(options: false | object): boolean {
  return options === false || Object.keys(options).length > 0;
}
