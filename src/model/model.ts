/**
 * The model: the only owner of weights on the GPU. A thin object over plain functions.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import type { Message } from "../base/encoder.ts";
import { parseOptions } from "../base/schema.ts";
import type { Dataset, TokenDataset } from "../data/mod.ts";
import { bytes as showBytes, Displayable, interruptible, type Picture, Progress } from "../display/mod.ts";
import type { Device, Program, Tensor } from "../gpu/mod.ts";
import { tune } from "../ops/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import {
  countParameters,
  type ModelConfig,
  type ModelShape,
  presets,
  resolveConfig,
} from "./architecture/config.ts";
import type { GenerateOptions } from "./generation/continuation.ts";
import { checkContext, checkVocabulary } from "./files/check_fit.ts";
import { type BatchGenerateOptions, type GeneratedText, generateTexts } from "./generation/generate_batch.ts";
import { Generation } from "./generation/generation.ts";
import { ModelBuffers } from "./weights/model_buffers.ts";
import { fetchModel } from "./files/hub.ts";
import { initialParameters } from "./weights/init.ts";
import { inspectModel, type InspectOptions } from "./inspection/inspect.ts";
import type { Inspection } from "./inspection/inspection.ts";
import { datasetLoss, type LossResult } from "./scoring/window_loss.ts";
import { measureSpeed } from "./training/measure_speed.ts";
import {
  type ModelOptions,
  modelOptionsSchema,
  type SaveOptions,
  saveSchema,
  type Settings,
} from "./model_options.ts";
import { claimName, register, unregister } from "./model_registry.ts";
import { openSource } from "./files/open_model.ts";
import { makePlan, type Plan, type PlanOptions } from "./training/training_plan.ts";
import { type Score, scorePairs } from "./scoring/score.ts";
import { saveModel } from "./files/save.ts";
import { sharedDevice } from "./shared_device.ts";
import { checkWeights, sourceBytes, type WeightSource } from "./weights/weight_source.ts";
import type { ModelState, Prompt } from "./model_state.ts";
import { allLogits } from "./scoring/logits.ts";
import { summaryOf } from "./summary.ts";
import { drainArena, fillArena } from "./weights/stream_weights.ts";
import { readParameters, WeightLayout, writeParameters } from "./weights/weight_layout.ts";

const forgotten = new FinalizationRegistry<ModelBuffers>((held) => held.dispose());

/** A LLaMA on the GPU. */
export class Model extends Displayable implements ModelState {
  /** Text to ids and back; `.instruct` sets one with a chat template. */
  tokenizer?: Tokenizer;
  /** The program compiled last: print it to see every kernel call. */
  program?: Program;
  #held: ModelBuffers;
  #disposed = false;

  private constructor(
    /** Its name, for displays and the memory report. */
    readonly name: string,
    /** Its shape. */
    readonly config: ModelConfig,
    /** Where every weight stands. */
    readonly layout: WeightLayout,
    held: ModelBuffers,
    /** The preset it was made from, if any. */
    readonly preset?: string,
  ) {
    super();
    this.#held = held;
    forgotten.register(this, held, this);
  }

  /** Takes the name, and with "f16" makes the working copy. */
  static async #make(
    device: Device,
    config: ModelConfig,
    o: { name?: string; otherwise: string; dtype: "f32" | "f16"; preset?: string },
  ): Promise<Model> {
    const name = claimName(o.name, o.otherwise);
    const layout = new WeightLayout(config);
    const held = await ModelBuffers.create(device, name, layout, o.dtype);
    const model = new Model(name, config, layout, held, o.preset);
    register(model, o.name);
    return model;
  }

  /**
   * Makes a model with initial weights.
   *
   * @param source a preset such as `"5M"`, or a shape
   * @throws {ConfigError} for an unknown preset or option, or a vocabulary smaller than the tokenizer's
   * @throws {DeviceError} without an adapter, or when it does not fit
   */
  static async create(source: string | ModelShape, given: ModelOptions = {}): Promise<Model> {
    const o = parseOptions(modelOptionsSchema, given, "Model.create");
    const own = typeof source === "string" ? undefined : source.vocabSize;
    const vocabSize = own ?? o.tokenizer?.vocabSize;
    const config = resolveConfig(source, { vocabSize, context: o.context });
    checkVocabulary(config, o.tokenizer);
    const device = o.device ?? await sharedDevice();
    const preset = typeof source === "string" ? source : undefined;
    await tune(device);
    const { name, dtype } = o;
    const model = await Model.#make(device, config, { name, otherwise: preset ?? "model", dtype, preset });
    writeParameters(device, model.layout, model.#held.arena, initialParameters(model.layout, o.seed));
    model.#held.halfWeights?.refresh();
    model.tokenizer = o.tokenizer;
    return model;
  }

  /**
   * Loads a model: a Hugging Face folder with one or many safetensors, a GGUF file, a folder of the
   * original release (`consolidated.*.pth` and params.json; give its `context`), or one of the hub as
   * `hf://owner/name` or `hf://owner/name/file.gguf`, which is fetched once. Weights go to the GPU piece by piece.
   *
   * @throws {FormatError} naming the file and what is wrong with it
   * @throws {DataError} when a download fails
   */
  static async load(path: string, given: ModelOptions = {}): Promise<Model> {
    const o = parseOptions(modelOptionsSchema, given, "Model.load");
    const place = path.startsWith("hf://") ? await fetchModel(path, o.signal) : path;
    const source = await openSource(place);
    try {
      return await Model.#read(source, o, /[^/\\]+$/.exec(place.replace(/(\.gguf|[/\\]+)$/, ""))?.[0]);
    } finally {
      source.close();
    }
  }

  static async #read(
    source: WeightSource,
    { signal, ...o }: Settings,
    otherwise = "model",
  ): Promise<Model> {
    const weights = checkWeights(source);
    const device = o.device ?? await sharedDevice();
    const config = { ...source.config, ...(o.context && { context: o.context }) };
    checkContext(config, device, source.file);
    const tokenizer = o.tokenizer ?? await source.tokenizer();
    checkVocabulary(config, tokenizer, source.file);
    await tune(device);
    const { name, dtype } = o;
    const model = await Model.#make(device, config, { name, otherwise, dtype });
    try {
      await using progress = new Progress(`loading ${otherwise}`, {
        total: sourceBytes(weights),
        format: showBytes,
      });
      const onBytes = (bytes: number) => progress.add(bytes);
      await fillArena(device, model.layout, model.#held.arena, weights, { signal, onBytes });
      model.#held.halfWeights?.refresh();
    } catch (error) {
      model.dispose();
      throw error;
    }
    model.tokenizer = tokenizer;
    return model;
  }

  /** Plans a training run of a preset or a shape, without a GPU. */
  static plan(source: string | ModelShape, plan: PlanOptions): Plan {
    const preset = typeof source === "string" ? source : undefined;
    return makePlan(
      preset ?? "model",
      resolveConfig(source),
      plan,
      preset ? presets[preset].batchTokens : undefined,
    );
  }

  /** Where it lives. */
  get device(): Device {
    return this.#held.device;
  }

  /** The weights on the GPU. */
  get arena(): Tensor {
    this.#alive();
    return this.#held.arena;
  }

  /** Their copy in f16, of models of that dtype. */
  get halfWeights(): Tensor | undefined {
    this.#alive();
    return this.#held.halfWeights?.tensor;
  }

  /** Number format of the working copy of the weights and of activations. */
  get dtype(): "f32" | "f16" {
    return this.#held.halfWeights ? "f16" : "f32";
  }

  /** The rotary angles on the GPU, [context, 2, E / 2]. */
  get angles(): Tensor {
    this.#alive();
    return this.#held.angles;
  }

  #alive(): void {
    if (this.#disposed) throw new ConfigError(`Cannot use the model "${this.name}": it was disposed`);
  }

  /** A second model with the same weights and tokenizer. */
  async clone(name?: string): Promise<Model> {
    this.#alive();
    const { dtype, preset } = this;
    const otherwise = `${this.name} copy`;
    const copy = await Model.#make(this.device, this.config, { name, otherwise, dtype, preset });
    const encoder = this.device.gpu.createCommandEncoder();
    const from = this.#held.arena.range();
    const to = copy.#held.arena.range();
    encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.bytes);
    this.device.gpu.queue.submit([encoder.finish()]);
    copy.#held.halfWeights?.refresh();
    copy.tokenizer = this.tokenizer;
    return copy;
  }

  /** Plans a training run of this model; `measure()` of the plan runs two steps. */
  plan(given: PlanOptions): Plan {
    const plan = { dtype: this.dtype, ...given };
    const batch = this.preset ? presets[this.preset].batchTokens : undefined;
    const measured = async () => {
      using copy = await this.clone();
      const flops = await measureSpeed(copy, plan, batch);
      const watts = plan.device?.watts;
      return makePlan(
        this.name,
        this.config,
        { ...plan, device: { flops, watts } },
        batch,
        undefined,
        this.device,
      );
    };
    return makePlan(this.name, this.config, plan, batch, measured, this.device);
  }

  /** Continues a prompt; BOS goes in front of text. Nothing runs before the generation is read. */
  generate(prompt: Prompt, generation: GenerateOptions = {}): Generation {
    this.#alive();
    const ids = typeof prompt === "string"
      ? this.needTokenizer("generate from text").encode(prompt, { bos: true })
      : prompt;
    return new Generation(this, ids, generation);
  }

  /** Answers a message or a conversation with the tokenizer's chat template. */
  chat(messages: string | readonly Message[], generation: GenerateOptions = {}): Generation {
    this.#alive();
    const turns: readonly Message[] = typeof messages === "string"
      ? [{ role: "user", content: messages }]
      : messages;
    const { ids } = this.needTokenizer("chat").chat(turns, { generationPrompt: true });
    return new Generation(this, ids, generation, true);
  }

  /**
   * Continues many prompts, several at a time on the GPU; where a text ends the next prompt takes its place. Each text is
   * what {@linkcode Model.generate} writes with the same seed (up to rounding), whatever stands beside it.
   *
   * @returns the texts in the order of the prompts
   */
  generateBatch(prompts: readonly Prompt[], generation: BatchGenerateOptions = {}): Promise<GeneratedText[]> {
    this.#alive();
    return generateTexts(this, prompts, generation);
  }

  /** Log-probability of `continuation` after `prompt`, in nats. */
  async score(prompt: Prompt, continuation: Prompt, run: { signal?: AbortSignal } = {}): Promise<Score> {
    return (await this.scoreBatch([[prompt, continuation]], run))[0];
  }

  /** Scores many pairs, batched by length. */
  scoreBatch(
    pairs: readonly (readonly [Prompt, Prompt])[],
    run: { signal?: AbortSignal } = {},
  ): Promise<Score[]> {
    this.#alive();
    return interruptible(run.signal, (signal) => scorePairs(this, pairs, signal));
  }

  /** Logits after each of `ids`: [T, V], row-major. */
  logits(ids: ArrayLike<number>): Promise<Float32Array> {
    this.#alive();
    return allLogits(this, ids);
  }

  /** Looks inside while the model reads a prompt: attention maps, activations, the logit lens, and gradients if asked. */
  inspect(prompt: Prompt, options: InspectOptions = {}): Promise<Inspection> {
    this.#alive();
    return inspectModel(this, prompt, options);
  }

  /** Mean loss on a dataset: nats per token, bits per byte, perplexity. `limit` ends after so many windows. */
  loss(
    dataset: Dataset | TokenDataset,
    run: { limit?: number; signal?: AbortSignal } = {},
  ): Promise<LossResult> {
    this.#alive();
    return datasetLoss(this, dataset, run);
  }

  /** The tokenizer, or a `ConfigError` that says what was meant to be done with it. */
  needTokenizer(purpose: string): Tokenizer {
    if (this.tokenizer) return this.tokenizer;
    throw new ConfigError(
      `Cannot ${purpose}: the model "${this.name}" has no tokenizer. Give ids, or Model.create(..., { tokenizer })`,
    );
  }

  /** Named copies of all weights, in Hugging Face's names and shapes. */
  parameters(): Promise<Map<string, Float32Array<ArrayBuffer>>> {
    return readParameters(this.device, this.layout, this.arena);
  }

  /** Replaces all weights. */
  setParameters(named: ReadonlyMap<string, Float32Array>): void {
    const shaped = this.layout.parameters.flatMap(({ name, shape }) => {
      const data = named.get(name);
      return data ? [[name, { shape, data }] as [string, { shape: number[]; data: Float32Array }]] : [];
    });
    writeParameters(this.device, this.layout, this.arena, shaped);
    this.#held.halfWeights?.refresh();
  }

  /**
   * Replaces all weights by those of a checkpoint of the same shape, piece by piece; on another device where one is
   * given, which takes the place of one that was lost.
   *
   * @throws {FormatError} naming what is wrong with the checkpoint
   */
  async restore(
    path: string,
    { device, signal }: Pick<ModelOptions, "device" | "signal"> = {},
  ): Promise<void> {
    const source = await openSource(path);
    try {
      const weights = checkWeights(source);
      if (device) await this.#move(device);
      await fillArena(this.device, this.layout, this.arena, weights, { signal });
      this.#held.halfWeights?.refresh();
    } finally {
      source.close();
    }
  }

  async #move(device: Device): Promise<void> {
    await tune(device);
    const held = await ModelBuffers.create(device, this.name, this.layout, this.dtype);
    this.#held.dispose();
    forgotten.unregister(this);
    forgotten.register(this, this.#held = held, this);
  }

  /**
   * Writes a Hugging Face folder: config.json, model.safetensors (or several with an index), generation_config.json,
   * the tokenizer's files and a model card; or a GGUF file with weights, tokenizer and chat template: at `path` where
   * that ends in `.gguf`, else `model.gguf` in that folder. Each file is written aside and renamed.
   */
  async save(path: string, given: SaveOptions = {}): Promise<void> {
    const o = parseOptions(saveSchema, given, "Model.save");
    const { device, layout, arena } = this;
    const pieces = drainArena(device, layout, arena, o);
    await saveModel(this, path, o, pieces);
  }

  /** Frees the weights; using the model afterwards throws. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    this.#held.dispose();
    unregister(this);
  }

  /** `using model = ...` frees the weights at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The model as a table of its parts. */
  summary(): Picture {
    return summaryOf(this);
  }

  /** One line of facts, and the summary. */
  picture(): Picture {
    if (this.#disposed) return { text: `Model ${this.name} (disposed)` };
    return this.summary();
  }

  /** Name, shape and size. */
  toJSON(): { name: string; config: ModelConfig; parameters: number; bytes: string } {
    const { total } = countParameters(this.config);
    return { name: this.name, config: this.config, parameters: total, bytes: showBytes(total * 4) };
  }
}
