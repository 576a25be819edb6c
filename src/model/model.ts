/**
 * The model: the only owner of weights on the GPU. A thin object over plain functions.
 *
 * @module
 */
import { z } from "zod";
import { ConfigError, DataError } from "../base/errors.ts";
import type { Message } from "../base/encoder.ts";
import { parseOptions, type Same } from "../base/schema.ts";
import { type Dataset, TokenDataset } from "../data/mod.ts";
import { bytes as showBytes, Displayable, interruptible, type Picture } from "../display/mod.ts";
import { defaultDevice, Device, type Program, type Tensor } from "../gpu/mod.ts";
import { ropeAngles, tune, upload } from "../ops/mod.ts";
import { Tokenizer } from "../tokenizer/mod.ts";
import { countParameters, type ModelConfig, type ModelShape, presets, resolveConfig } from "./config.ts";
import { readConfig, readModelTensors, writeModelFiles, writeText } from "./files.ts";
import type { GenerateOptions } from "./continuation.ts";
import { type BatchGenerateOptions, type GeneratedText, generateTexts } from "./generate_batch.ts";
import { Generation } from "./generation.ts";
import { initialParameters } from "./init.ts";
import { type LossResult, windowLoss } from "./loss.ts";
import { measureSpeed } from "./measure.ts";
import { modelCard } from "./model_card.ts";
import { makePlan, type Plan, type PlanOptions } from "./plan.ts";
import { type Prompt, type Score, scorePairs } from "./score.ts";
import type { ModelState } from "./state.ts";
import { allLogits } from "./logits.ts";
import { summaryOf } from "./summary.ts";
import { eachParameter, makeArena, readParameters, WeightLayout, writeParameters } from "./weights.ts";

/** How to make or load a model. */
export interface ModelOptions {
  /** Turns text into ids; its size becomes the vocabulary. */
  tokenizer?: Tokenizer;
  /** Longest sequence (default: the preset's). */
  context?: number;
  /** Seed of the initial weights (default 42). */
  seed?: number;
  /** Number format of the working copy; "f32" is what this version has. */
  dtype?: "f32";
  /** A device of one's own (default: one shared by all models). */
  device?: Device;
  /** A name; an earlier model of that name is disposed. Made for notebooks, where cells run again. */
  name?: string;
}

const options = z.strictObject({
  tokenizer: z.custom<Tokenizer>((value) => value instanceof Tokenizer, "expected a Tokenizer").optional(),
  context: z.int().min(1).optional(),
  seed: z.int().default(42),
  dtype: z.literal("f32", { error: 'expected "f32": half precision is not in this version' }).default("f32"),
  device: z.custom<Device>((value) => value instanceof Device, "expected a Device").optional(),
  name: z.string().min(1).optional(),
});
true satisfies Same<keyof z.input<typeof options>, keyof ModelOptions>;

/** How to save a model. */
export interface SaveOptions {
  /** Layout of the folder: Hugging Face's is what this version writes (default). */
  format?: "hf";
}

const saveOptions = z.strictObject({
  format: z.literal("hf", { error: 'expected "hf": GGUF is not in this version' }).default("hf"),
});
true satisfies Same<keyof z.input<typeof saveOptions>, keyof SaveOptions>;

const named = new Map<string, WeakRef<Model>>();
const forgotten = new FinalizationRegistry<{ device: Device; buffers: GPUBuffer[] }>(
  ({ device, buffers }) => {
    for (const buffer of buffers) device.free(buffer);
  },
);

/** A LLaMA on the GPU. */
export class Model extends Displayable implements ModelState {
  /** Text to ids and back; `.instruct` sets one with a chat template. */
  tokenizer?: Tokenizer;
  /** The program compiled last: print it to see every kernel call. */
  program?: Program;
  /** Where every weight stands. */
  readonly layout: WeightLayout;
  #arena: Tensor;
  #angles: Tensor;
  #disposed = false;

  private constructor(
    /** Its name, for displays and the memory report. */
    readonly name: string,
    /** Its shape. */
    readonly config: ModelConfig,
    /** Where it lives. */
    readonly device: Device,
    /** The preset it was made from, if any. */
    readonly preset?: string,
  ) {
    super();
    this.layout = new WeightLayout(config);
    this.#arena = makeArena(device, `${name}: weights`, this.layout.size);
    const angles = ropeAngles(config.context, config.dim / config.heads, config.ropeTheta);
    const shape = [config.context, 2, config.dim / config.heads / 2];
    this.#angles = upload(device, `${name}: angles`, { shape, data: angles });
    forgotten.register(
      this,
      { device, buffers: [this.#arena.storage.buffer!, this.#angles.storage.buffer!] },
      this,
    );
  }

  /**
   * Makes a model with initial weights.
   *
   * @param source a preset such as `"5M"`, or a shape
   * @throws {ConfigError} for an unknown preset or option, or a vocabulary smaller than the tokenizer's
   * @throws {DeviceError} without an adapter, or when it does not fit
   */
  static async create(source: string | ModelShape, given: ModelOptions = {}): Promise<Model> {
    const o = parseOptions(options, given, "Model.create"),
      own = typeof source === "string" ? undefined : source.vocabSize;
    const vocabSize = own ?? o.tokenizer?.vocabSize;
    const config = resolveConfig(source, { vocabSize, context: o.context });
    checkVocabulary(config, o.tokenizer);
    const device = o.device ?? await defaultDevice(),
      preset = typeof source === "string" ? source : undefined;
    await tune(device);
    const model = new Model(claimName(o.name, preset ?? "model"), config, device, preset);
    register(model, o.name);
    writeParameters(device, model.layout, model.#arena, initialParameters(model.layout, o.seed));
    model.tokenizer = o.tokenizer;
    return model;
  }

  /**
   * Loads a model folder in Hugging Face's layout: config.json, safetensors, and the tokenizer if there is one.
   *
   * @throws {FormatError} naming the file and what is wrong with it
   */
  static async load(path: string, given: ModelOptions = {}): Promise<Model> {
    const o = parseOptions(options, given, "Model.load"), config = await readConfig(path);
    if (o.context !== undefined) config.context = o.context;
    const hasTokenizer = await Deno.stat(`${path}/tokenizer.json`).then(() => true, () => false);
    const tokenizer = o.tokenizer ?? (hasTokenizer ? await Tokenizer.load(path) : undefined);
    checkVocabulary(config, tokenizer, path);
    const device = o.device ?? await defaultDevice();
    await tune(device);
    const model = new Model(
      claimName(o.name, path.split("/").filter(Boolean).at(-1) ?? "model"),
      config,
      device,
    );
    register(model, o.name);
    try {
      await model.#fill(path);
    } catch (error) {
      model.dispose();
      throw error;
    }
    model.tokenizer = tokenizer;
    return model;
  }

  async #fill(path: string): Promise<void> {
    const all: [string, { shape: readonly number[]; data: Float32Array }][] = [];
    const tied = this.config.tieEmbeddings;
    for await (const { name, shape, data } of readModelTensors(path)) {
      if (tied && name === "lm_head.weight") continue; // the same numbers as the table
      if (name.endsWith("rotary_emb.inv_freq")) continue; // older exports carry them; they follow from ropeTheta
      all.push([name, { shape, data }]);
    }
    writeParameters(this.device, this.layout, this.#arena, all, `${path}/model.safetensors`);
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

  /** The weights on the GPU. */
  get arena(): Tensor {
    this.#alive();
    return this.#arena;
  }

  /** The rotary angles on the GPU, [context, 2, E / 2]. */
  get angles(): Tensor {
    this.#alive();
    return this.#angles;
  }

  #alive(): void {
    if (this.#disposed) throw new ConfigError(`Cannot use the model "${this.name}": it was disposed`);
  }

  /** A second model with the same weights and tokenizer. */
  clone(name?: string): Promise<Model> {
    this.#alive();
    const copy = new Model(claimName(name, `${this.name} copy`), this.config, this.device, this.preset);
    register(copy, name);
    const encoder = this.device.gpu.createCommandEncoder(),
      from = this.#arena.range(),
      to = copy.#arena.range();
    encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, from.bytes);
    this.device.gpu.queue.submit([encoder.finish()]);
    copy.tokenizer = this.tokenizer;
    return Promise.resolve(copy);
  }

  /** Plans a training run of this model; `measure()` of the plan runs two steps. */
  plan(plan: PlanOptions): Plan {
    const batch = this.preset ? presets[this.preset].batchTokens : undefined;
    const measured = async () => {
      using copy = await this.clone();
      const flops = await measureSpeed(copy, plan), watts = plan.device?.watts;
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

  /** Mean loss on a dataset: nats per token, bits per byte, perplexity. `limit` ends after so many windows. */
  async loss(
    dataset: Dataset | TokenDataset,
    run: { limit?: number; signal?: AbortSignal } = {},
  ): Promise<LossResult> {
    this.#alive();
    const { context } = this.config;
    const tokens = dataset instanceof TokenDataset
      ? dataset
      : dataset.tokenize(this.needTokenizer("measure a loss on text"), { context });
    if (tokens.context > context) {
      throw new DataError(
        `Cannot measure the loss: windows have ${tokens.context} tokens, the model's context is ${context}`,
      );
    }
    return await interruptible(run.signal, async (signal) => {
      const prepared = await tokens.prepare({ signal });
      try {
        return await windowLoss(this, prepared, tokens.context, { limit: run.limit, signal });
      } finally {
        prepared.close();
      }
    });
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
  }

  /**
   * Writes a Hugging Face folder: config.json, model.safetensors, generation_config.json, the tokenizer's files and a
   * model card. Each file is written aside and renamed.
   */
  async save(folder: string, given: SaveOptions = {}): Promise<void> {
    parseOptions(saveOptions, given, "Model.save");
    const { device, layout, arena, tokenizer } = this;
    const ids = { bos: tokenizer?.bosId ?? 1, eos: tokenizer?.eosId ?? 2 };
    await writeModelFiles(folder, this.config, ids, layout.parameters, eachParameter(device, layout, arena));
    await tokenizer?.save(folder);
    await writeText(`${folder}/README.md`, modelCard(this));
  }

  /** Frees the weights; using the model afterwards throws. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    this.device.free(this.#arena.storage.buffer!);
    this.device.free(this.#angles.storage.buffer!);
    if (named.get(this.name)?.deref() === this) named.delete(this.name);
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

function checkVocabulary(config: ModelConfig, tokenizer?: Tokenizer, path?: string): void {
  if (!tokenizer || tokenizer.vocabSize <= config.vocabSize) return;
  const at = path ? `${path}: ` : "";
  throw new ConfigError(
    `${at}Cannot join tokenizer and model: the tokenizer has ${tokenizer.vocabSize} ids, the model ${config.vocabSize}. ` +
      `Use the tokenizer that the model was trained with`,
    { path: "tokenizer" },
  );
}

/** Disposes an earlier model of that name. */
function claimName(name: string | undefined, otherwise: string): string {
  if (name !== undefined) named.get(name)?.deref()?.dispose();
  return name ?? otherwise;
}

function register(model: Model, name: string | undefined): void {
  if (name !== undefined) named.set(name, new WeakRef(model));
}
