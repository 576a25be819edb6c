/**
 * The model as users hold it: a list of verbs, each a door to a plain function.
 *
 * @module
 */
import type { Message } from "../base/encoder.ts";
import { withFiles } from "../base/file_problem.ts";
import { checkPath, parseOptions } from "../base/schema.ts";
import { lazily } from "../base/lazy_import.ts";
import type { Dataset, TokenDataset } from "../data/mod.ts";
import { bytes as showBytes, Displayable, Help, interruptible, type Picture } from "../display/mod.ts";
import type { Device, Program } from "../gpu/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { countParameters, type ModelConfig, type ModelShape } from "./architecture/config.ts";
import { chatPrompt } from "./generation/fit_conversation.ts";
import { type BatchGenerateOptions, type GeneratedText, generateTexts } from "./generation/generate_batch.ts";
import { Generation } from "./generation/generation.ts";
import { promptIds } from "./generation/prompt_ids.ts";
import type { GenerateOptions, ModelChatOptions } from "./generation/sampling_settings.ts";
import type { InspectOptions } from "./inspection/inspect.ts";
import type { Inspection } from "./inspection/inspection.ts";
import { copyParameters, replaceParameters } from "./lifecycle/model_parameters.ts";
import helpTexts from "./model_help.json" with { type: "json" };
import { type ModelOptions, type SaveOptions, saveSchema } from "./model_options.ts";
import { attachState, type ModelHandle, type ModelState, type Prompt } from "./model_state.ts";
import { planModel, planShape } from "./planning/plan_model.ts";
import type { PlanOptions } from "./planning/plan_options.ts";
import type { Plan } from "./planning/training_plan.ts";
import { allLogits } from "./scoring/logits.ts";
import type { LossResult } from "./scoring/loss_result.ts";
import { type Score, scorePairs } from "./scoring/score.ts";
import { datasetLoss } from "./scoring/window_loss.ts";
import { summaryOf, weightBytes } from "./summary.ts";

/**
 * A LLaMA on the GPU: it generates, chats, scores and shows its inside. It is the only owner of its weights.
 *
 * ```ts
 * import { Dataset, Model, Tokenizer, Trainer } from "@llamero/sdk";
 *
 * const corpus = Dataset.from([{ text: "the llama hums on the hill ".repeat(50) }]);
 * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 280 });
 * using model = await Model.create("nano", { tokenizer, context: 64 });
 * await new Trainer(model).pretrain(corpus, { steps: 60, batchTokens: 256, validation: false }).run();
 * console.log(await model.generate("the llama", { maxTokens: 16, temperature: 0 }).text());
 * ```
 */
export class Model extends Displayable implements ModelHandle {
  readonly #state: ModelState;

  private constructor(state: ModelState) {
    super();
    this.#state = state;
    attachState(this, state);
  }

  /**
   * Makes a model with initial weights.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * const shape = { dim: 64, layers: 2, heads: 4, vocabSize: 300 };
   * using model = await Model.create(shape, { context: 32, seed: 1, name: "mine" });
   * console.log(JSON.stringify(model));
   * ```
   *
   * With `parts`, norm, activation and positions are what LLaMA replaced, or something of your own.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * const parts = { norm: "layer", activation: "gelu", position: "learned" } as const;
   * using model = await Model.create({ dim: 64, layers: 2, heads: 4, vocabSize: 300 }, { context: 32, parts });
   * await model.show();
   * ```
   *
   * Under a launcher, `parallel: { model: 8 }` lets 8 processes hold one copy of the model, each a part of it. They make it
   * together, and each of its methods, called by all of them with the same arguments, gives every one the same result.
   *
   * @param source a preset such as `"5M"`, or a shape
   * @throws {ConfigError} for an unknown preset or option, a part of your own that cannot be recorded, a vocabulary smaller than
   * the tokenizer's, or a number of processes that does not suit the model or the launcher
   * @throws {DeviceError} without an adapter, or when the model does not fit
   */
  static async create(source: string | ModelShape, options: ModelOptions = {}): Promise<Model> {
    const { createModel } = await lazily(() => import("./lifecycle/create_model.ts"));
    return new Model(await createModel(source, options));
  }

  /**
   * Loads a model: a Hugging Face folder with one or many safetensors, a GGUF file, a folder of the original release
   * (`consolidated.*.pth` and params.json; give its `context`), or a repository of the hub as `hf://owner/name` or
   * `hf://owner/name/file.gguf`, which is fetched once. Weights go to the GPU in pieces, so host memory stays small. There
   * they take 4 bytes each, 2 with `dtype: "f16"`, and 34 for 32 weights with `"q8"`, for use only. Under several processes
   * all of them call it, and those that load the same model read its files once.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * using model = await Model.create({ dim: 64, layers: 2, heads: 4, vocabSize: 300, context: 32 });
   * const folder = await Deno.makeTempDir();
   * await model.save(folder);
   * using loaded = await Model.load(folder);
   * console.log(loaded.config);
   * ```
   *
   * @throws {FormatError} naming the file and what is wrong with it
   * @throws {DataError} when a download fails
   * @throws {ConfigError} for a `context` or `ropeFactor` that does not suit the files, parts of your own that are not given
   * again, or a weight that `dtype` cannot hold
   * @throws {DeviceError} without an adapter, or when the model does not fit
   */
  static async load(path: string, options: ModelOptions = {}): Promise<Model> {
    const { loadModel } = await lazily(() => import("./lifecycle/load_model.ts"));
    return new Model(
      await withFiles(`load a model from ${path}`, "Model.load", () => loadModel(path, options)),
    );
  }

  /**
   * Plans a training run of a preset or a shape, without a GPU.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * const parallel = { processes: 2048, model: 8 };
   * console.log(Model.plan("65B", { tokens: 1.4e12, dtype: "f16", parallel }).toString());
   * ```
   *
   * @throws {ConfigError} for an unknown preset or option, or processes that cannot hold the model together
   */
  static plan(source: string | ModelShape, options: PlanOptions): Plan {
    return planShape(source, options);
  }

  /**
   * Lists the verbs, or explains one with its options, their defaults and where these come from.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * await Model.help().show();
   * await Model.help("create").show();
   * ```
   *
   * @throws {ConfigError} for a verb that it does not have
   */
  static help(verb?: string): Help {
    return new Help(helpTexts, verb);
  }

  /** Its name, for displays and the memory report. */
  get name(): string {
    return this.#state.name;
  }

  /** Its shape. */
  get config(): ModelConfig {
    return this.#state.config;
  }

  /** The device that holds its weights. */
  get device(): Device {
    return this.#state.device;
  }

  /** Number format of the weights that products read. */
  get dtype(): "f32" | "f16" | "q8" {
    return this.#state.dtype;
  }

  /** The preset that gave the shape, if one did. */
  get preset(): string | undefined {
    return this.#state.preset;
  }

  /** Text to ids and back; `.instruct` sets one with a chat template. */
  get tokenizer(): Tokenizer | undefined {
    return this.#state.tokenizer;
  }

  set tokenizer(tokenizer: Tokenizer | undefined) {
    this.#state.tokenizer = tokenizer;
  }

  /** The program that training, scores or generation compiled last: print it to see every kernel call. */
  get program(): Program | undefined {
    return this.#state.program;
  }

  /** Makes a second model with the same weights and tokenizer. */
  async clone(name?: string): Promise<Model> {
    const { cloneModel } = await lazily(() => import("./lifecycle/create_model.ts"));
    return new Model(await cloneModel(this, name));
  }

  /**
   * Plans a training run of this model; `measure()` of the plan runs three steps of a copy.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * using model = await Model.create({ dim: 32, layers: 2, heads: 2, vocabSize: 300 }, { context: 32 });
   * const plan = model.plan({ tokens: 1e6, batchTokens: 512 });
   * console.log(plan.facts.steps, plan.facts.flop);
   * await (await plan.measure()).show();
   * ```
   */
  plan(options: PlanOptions): Plan {
    return planModel(this.#state, options);
  }

  /**
   * Continues a prompt; BOS goes in front of text where the tokenizer adds one. Nothing runs before the generation is
   * read. Options that are not given come from the generation_config.json of a loaded model.
   *
   * ```ts
   * import { Model, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
   * using model = await Model.create("nano", { tokenizer }); // untrained: it writes noise
   * const generation = model.generate("the llama", { maxTokens: 8, temperature: 0.8, topP: 0.95, seed: 1 });
   * for await (const piece of generation) console.log(piece);
   * console.log(generation.finish); // "eos" or "length"
   * ```
   *
   * @throws {ConfigError} for an unknown option, text without a tokenizer, a prompt that is empty or too long, or a setting
   * in the model's generation_config.json that this package does not know
   */
  generate(prompt: Prompt, options: GenerateOptions = {}): Generation {
    return new Generation(
      this,
      promptIds(this, prompt),
      options,
      typeof prompt === "string" ? prompt : undefined,
    );
  }

  /**
   * Answers a message or a conversation with the tokenizer's chat template. `{ trim: true }` leaves the oldest turns out
   * where the context does not hold all; `trimmed` of the generation says how many messages that were.
   *
   * ```ts
   * import { Model, Tokenizer } from "@llamero/sdk";
   *
   * const text = "why do llamas hum? because the hill is wide ".repeat(50);
   * const tokenizer = (await Tokenizer.train([text], { vocabSize: 290 })).withTemplate("plain");
   * using model = await Model.create("nano", { tokenizer });
   * console.log(await model.chat("why do llamas hum?", { maxTokens: 8 }).text());
   * ```
   *
   * @throws {ConfigError} for a tokenizer without a template, which `.instruct` sets, and for a conversation that does not fit the
   * context
   */
  chat(messages: string | readonly Message[], options: ModelChatOptions = {}): Generation {
    const { ids, turns, trimmed, options: rest } = chatPrompt(this, messages, options);
    return new Generation(this, ids, rest, turns, trimmed);
  }

  /**
   * Continues many prompts, several at a time on the GPU; when a text ends the next prompt takes its place. Each text is
   * what {@linkcode Model.generate} writes with the same seed (up to rounding), whatever runs beside it.
   *
   * ```ts
   * import { Model, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
   * using model = await Model.create("nano", { tokenizer });
   * const texts = await model.generateBatch(["the llama", "the hill"], { maxTokens: 8, temperature: 0.8 });
   * for (const { text, finish } of texts) console.log(text, finish);
   * ```
   *
   * @returns the texts in the order of the prompts
   */
  generateBatch(prompts: readonly Prompt[], options: BatchGenerateOptions = {}): Promise<GeneratedText[]> {
    return generateTexts(this, prompts, options);
  }

  /**
   * Scores a continuation: the log-probability of its tokens after `prompt`, in nats.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * using model = await Model.create({ dim: 64, layers: 2, heads: 4, vocabSize: 300, context: 32 });
   * const { logProb, tokens } = await model.score(Uint32Array.of(1, 7, 9), Uint32Array.of(12));
   * console.log(logProb / tokens); // near -ln 300 before any training
   * ```
   */
  async score(prompt: Prompt, continuation: Prompt, run: { signal?: AbortSignal } = {}): Promise<Score> {
    return (await this.scoreBatch([[prompt, continuation]], run))[0];
  }

  /** Scores many pairs of prompt and continuation, batched by length. */
  scoreBatch(
    pairs: readonly (readonly [Prompt, Prompt])[],
    run: { signal?: AbortSignal } = {},
  ): Promise<Score[]> {
    return interruptible(run.signal, (signal) => scorePairs(this, pairs, signal));
  }

  /** Computes the logits after each of `ids`: [T, V], row-major. */
  logits(ids: ArrayLike<number>): Promise<Float32Array> {
    return allLogits(this, ids);
  }

  /**
   * Looks inside while the model reads a prompt: attention maps, activations, the logit lens, and gradients if asked.
   *
   * ```ts
   * import { Model, Tokenizer } from "@llamero/sdk";
   *
   * const tokenizer = await Tokenizer.train(["the llama hums on the hill ".repeat(50)], { vocabSize: 280 });
   * using model = await Model.create("nano", { tokenizer, context: 64 });
   * const inspection = await model.inspect("the llama hums", { gradients: true });
   * await inspection.attentionMap({ layer: 0, head: 1 }).show();
   * await inspection.lens().show();
   * console.log(inspection.loss);
   * ```
   */
  async inspect(prompt: Prompt, options: InspectOptions = {}): Promise<Inspection> {
    const { inspectModel } = await lazily(() => import("./inspection/inspect.ts"));
    return await inspectModel(this, prompt, options);
  }

  /**
   * Measures the mean loss on a dataset: nats per token with their standard error, bits per byte, perplexity. The result
   * shows itself.
   *
   * ```ts
   * import { Dataset, Model, Tokenizer } from "@llamero/sdk";
   *
   * const book = Dataset.sample("moby-dick");
   * const tokenizer = await Tokenizer.train(book.take(5), { vocabSize: 400 });
   * using model = await Model.create("nano", { tokenizer, context: 64 });
   * const result = await model.loss(book.skip(134), { limit: 8 });
   * await result.show();
   * console.log(result.loss, result.bitsPerByte, result.perplexity);
   * ```
   *
   * @param run `limit` is the largest number of windows
   */
  loss(
    dataset: Dataset | TokenDataset,
    run: { limit?: number; signal?: AbortSignal } = {},
  ): Promise<LossResult> {
    return datasetLoss(this, dataset, run);
  }

  /** Copies all weights to host memory, by Hugging Face's names and in its shapes. */
  parameters(): Promise<Map<string, Float32Array<ArrayBuffer>>> {
    return copyParameters(this);
  }

  /**
   * Replaces all weights, given by Hugging Face's names.
   *
   * @throws {FormatError} for a weight that is missing or has another number of elements; none is replaced then
   */
  setParameters(named: ReadonlyMap<string, Float32Array>): void {
    replaceParameters(this, named);
  }

  /**
   * Writes a Hugging Face folder: config.json, model.safetensors (or several with an index), generation_config.json,
   * the tokenizer's files and a model card; weights, tokenizer files and adapters of an earlier owner are removed. With
   * `format: "gguf"`, or at a path that ends in `.gguf`, it writes a GGUF file with weights, tokenizer and chat template; in
   * a folder that is `model.gguf`. A model whose parts are not the paper's is saved with `format: "llamero"`, a folder that this
   * package alone reads; both other formats refuse it. Each file is written aside and renamed. Under several processes all of them call it with
   * the same path, and share the work.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * using model = await Model.create({ dim: 64, layers: 2, heads: 4, vocabSize: 300, context: 32 });
   * const folder = await Deno.makeTempDir();
   * await model.save(folder);
   * await model.save(`${folder}/model.gguf`);
   * for await (const { name } of Deno.readDir(folder)) console.log(name);
   * ```
   *
   * @throws {ConfigError} for a folder as "q8_0", a weight that the number format cannot hold, or parts that the format does not
   * have
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    checkPath(path, "model.save");
    const settings = parseOptions(saveSchema, options, "Model.save");
    const { saveModel } = await lazily(() => import("./files/save.ts"));
    await withFiles(`save the model to ${path}`, "Model.save", () => saveModel(this, path, settings));
  }

  /** Frees the weights; using the model afterwards throws. */
  dispose(): void {
    this.#state.dispose();
  }

  /** Frees the weights at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Returns a table of the model's parts.
   *
   * ```ts
   * import { Model } from "@llamero/sdk";
   *
   * using model = await Model.create({ dim: 32, layers: 2, heads: 2, vocabSize: 300 }, { context: 32 });
   * console.log(model.summary().text);
   * ```
   */
  summary(): Picture {
    return summaryOf(this);
  }

  /** The summary. */
  picture(): Picture {
    return this.#state.disposed ? { text: `Model ${this.name} (disposed)` } : this.summary();
  }

  /** Name, shape, number format and the size of the weights in memory. */
  toJSON(): {
    name: string;
    config: ModelConfig;
    dtype: "f32" | "f16" | "q8";
    parameters: number;
    bytes: string;
  } {
    const { name, dtype } = this;
    const config = JSON.parse(JSON.stringify(this.config)) as ModelConfig; // parts of the user's own are their names
    const { read, trained } = weightBytes(this.#state);
    const { total } = countParameters(config);
    return { name, config, dtype, parameters: total, bytes: showBytes(read + trained) };
  }
}
