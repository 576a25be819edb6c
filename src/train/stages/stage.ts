/**
 * A stage of training: its data, and every setting that is known before the data is read.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { TokenDataset } from "../../data/mod.ts";
import type { Save } from "../../gpu/mod.ts";
import { type LoraSettings, type Model, presets } from "../../model/mod.ts";
import { loraSettings } from "../../model/training/lora_options.ts";
import type { InstructOptions, PretrainOptions, StageData, StageOptions } from "./stage_options.ts";
import { defaultWarmup, instructWarmup, type Schedule } from "./schedule.ts";

/** A kind of training: on every token, or on the assistant's answers. */
export type StageKind = "pretrain" | "instruct";

/** The length of a stage, in the unit that the caller chose. */
export type StageLength = { tokens: number } | { steps: number } | { epochs: number };

/** The settings of a stage that do not depend on its data. */
export interface StageSettings {
  /** `pretrain`, `instruct`; repeated ones are numbered: `pretrain-2`. The folder of its last checkpoint. */
  name: string;
  /** Kind of training. */
  kind: StageKind;
  /** Length of the stage. */
  length: StageLength;
  /** Positions of a sequence. */
  context: number;
  /** Sequences of a batch. */
  batch: number;
  /** Sequences that are computed at once. */
  microBatch: number;
  /** Peak learning rate. */
  learningRate: number;
  /** Updates of the warmup; null for the default, which depends on the number of steps. */
  warmup: number | null;
  /** Learning rate at the end. */
  minLearningRate: number;
  /** Decay of AdamW's first moment. */
  beta1: number;
  /** Decay of AdamW's second moment. */
  beta2: number;
  /** Number added to the root of AdamW's second moment. */
  epsilon: number;
  /** Decoupled weight decay of AdamW. */
  weightDecay: number;
  /** Largest gradient norm. */
  clip: number;
  /** Activations that the forward pass keeps. */
  save: Save;
  /** LoRA adapters that are trained instead of the weights; missing where there are none. */
  lora?: LoraSettings;
  /** True when windows are drawn in a random order. */
  shuffle: boolean;
  /** True when attention stops at document borders. */
  documentMask: boolean;
  /** Chat template of instruction tuning, else null. */
  template: string | null;
  /** Share of the data that is held out; 0 for none, null where the stage has validation data of its own. */
  held: number | null;
  /** True when the caller asked for the share; a warning then says when nothing could be held out. */
  validationRequested: boolean;
  /** Standard deviations above which a loss is a spike; missing where every finite step is applied. */
  skipSpikes?: number;
  /** Updates that may be skipped in a row. */
  maxSkipped: number;
  /** Updates between two measurements of the validation loss; null for the default. */
  validateEvery: number | null;
  /** Updates between two sample texts; null for none. */
  sampleEvery: number | null;
  /** Updates between two checkpoints; null for the default. */
  checkpointEvery: number | null;
}

/** A stage of training. */
export interface Stage {
  /** Its settings. */
  settings: StageSettings;
  /** Training data. */
  data: StageData;
  /** Validation data, where the stage has some of its own. */
  validation?: StageData;
  /** The options that later stages inherit. */
  inherited: StageOptions;
}

/** Names of the options that later stages inherit. */
const inheritedOptions = [
  "context",
  "batchTokens",
  "microBatch",
  "clip",
  "beta1",
  "beta2",
  "epsilon",
  "weightDecay",
  "save",
  "checkpointEvery",
] as const;

/**
 * Plans a stage that follows `earlier` ones: fills in inherited options and defaults.
 *
 * @throws {ConfigError} for options that contradict the model, the data or each other
 */
export function planStage(
  model: Model,
  kind: StageKind,
  data: StageData,
  options: PretrainOptions & InstructOptions,
  earlier: readonly Stage[],
): Stage {
  const before = earlier.at(-1)?.inherited ?? {};
  const o = { ...before, ...defined(options) };
  const path = `Trainer.${kind}`;
  const context = contextOf(model, data, options, before, path);
  const batchTokens = o.batchTokens ?? presetOf(model)?.batchTokens ?? 16 * context;
  const batch = Math.max(1, Math.round(batchTokens / context));
  const lora = loraSettings(options.lora, `${path}.lora`);
  const learningRate = options.learningRate ?? defaultRate(model, lora ? "pretrain" : kind, earlier);
  const minLearningRate = options.minLearningRate ?? tenth(learningRate);
  if (minLearningRate > learningRate) {
    throw refuse(
      `${path}.minLearningRate`,
      `must not be above learningRate ${learningRate}`,
      minLearningRate,
    );
  }
  const { validation } = options;
  const settings: StageSettings = {
    name: nameOf(kind, earlier),
    kind,
    length: lengthOf(options),
    context,
    batch,
    microBatch: o.microBatch === undefined ? evenMicroBatch(batch, context) : Math.min(o.microBatch, batch),
    learningRate,
    warmup: options.warmup ?? null,
    minLearningRate,
    beta1: o.beta1 ?? 0.9,
    beta2: o.beta2 ?? 0.95,
    epsilon: o.epsilon ?? 1e-8,
    weightDecay: o.weightDecay ?? 0.1,
    clip: o.clip ?? 1,
    save: o.save ?? "all",
    ...(lora && { lora }),
    shuffle: options.shuffle ?? true,
    documentMask: documentMaskOf(kind, data, options, path),
    template: templateOf(kind, data, options),
    held: heldShare(kind, validation),
    validationRequested: typeof validation === "number",
    ...(options.skipSpikes !== undefined && { skipSpikes: options.skipSpikes }),
    maxSkipped: options.maxSkipped ?? 3,
    validateEvery: options.validateEvery ?? null,
    sampleEvery: options.sampleEvery ?? null,
    checkpointEvery: o.checkpointEvery ?? null,
  };
  const inherited = Object.fromEntries(inheritedOptions.map((key) => [key, o[key]]));
  return {
    settings,
    data,
    validation: typeof validation === "object" ? validation : undefined,
    inherited: { ...inherited, context },
  };
}

function defined<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;
}

function refuse(path: string, problem: string, value: unknown): ConfigError {
  return new ConfigError(`Cannot use ${path}: ${problem}, current value is ${show(value)}`, { path, value });
}

function presetOf(model: Model): { learningRate: number; batchTokens: number } | undefined {
  return model.preset === undefined ? undefined : presets[model.preset];
}

function nameOf(kind: StageKind, earlier: readonly Stage[]): string {
  const nth = earlier.filter(({ settings }) => settings.kind === kind).length + 1;
  return nth === 1 ? kind : `${kind}-${nth}`;
}

function lengthOf({ tokens, steps, epochs }: StageOptions): StageLength {
  if (tokens !== undefined) return { tokens };
  return steps !== undefined ? { steps } : { epochs: epochs ?? 1 };
}

function contextOf(
  model: Model,
  data: StageData,
  options: StageOptions,
  before: StageOptions,
  path: string,
): number {
  const maxContext = model.config.context;
  const fixed = data instanceof TokenDataset ? data.context : undefined;
  if (fixed !== undefined && options.context !== undefined && options.context !== fixed) {
    throw refuse(`${path}.context`, `the token dataset has windows of ${fixed}`, options.context);
  }
  const context = fixed ?? options.context ?? before.context ?? maxContext;
  if (context > maxContext) throw refuse(`${path}.context`, `the model's context is ${maxContext}`, context);
  return context;
}

function documentMaskOf(
  kind: StageKind,
  data: StageData,
  { documentMask }: PretrainOptions,
  path: string,
): boolean {
  const fixed = data instanceof TokenDataset ? data.documentMask : undefined;
  if (fixed !== undefined && documentMask !== undefined && documentMask !== fixed) {
    throw refuse(`${path}.documentMask`, `the token dataset was made with ${fixed}`, documentMask);
  }
  return fixed ?? documentMask ?? kind === "instruct";
}

/** Returns the chat template; a token dataset has none unless asked for, since its tokens do not change with it. */
function templateOf(kind: StageKind, data: StageData, { template }: InstructOptions): string | null {
  if (kind === "pretrain") return null;
  return template ?? (data instanceof TokenDataset ? null : "plain");
}

function heldShare(kind: StageKind, validation: StageOptions["validation"]): number | null {
  if (typeof validation === "object") return null;
  if (validation === false) return 0;
  return validation ?? (kind === "pretrain" ? 0.01 : 0.05);
}

/** Returns the preset's rate, else the paper's for its smaller models; for tuning a tenth of the pretraining peak [ours]. */
function defaultRate(model: Model, kind: StageKind, earlier: readonly Stage[]): number {
  const presetRate = presetOf(model)?.learningRate ?? 3e-4;
  if (kind === "pretrain") return presetRate;
  const peak = earlier.findLast(({ settings }) => settings.kind === "pretrain")?.settings.learningRate;
  return tenth(peak ?? presetRate);
}

/** Returns a tenth in 12 digits, so that a tenth of 3e-4 is 3e-5 and not 2.9999999999999997e-5. */
function tenth(rate: number): number {
  return Number((rate / 10).toPrecision(12));
}

/** Returns a micro-batch of at most about 1,024 positions that divides the batch as evenly as possible; in sequences. */
function evenMicroBatch(batch: number, context: number): number {
  const maxSequences = Math.max(1, Math.floor(1024 / context));
  return Math.ceil(batch / Math.ceil(batch / maxSequences));
}

/** Returns the number of windows that a stage draws, where its data has `distinct` ones. */
export function windowsOf({ length, batch, context }: StageSettings, distinct: number): number {
  if ("steps" in length) return length.steps * batch;
  if ("tokens" in length) return Math.ceil(length.tokens / (batch * context)) * batch;
  return Math.max(1, Math.round(length.epochs * distinct));
}

/** Returns the learning-rate schedule of a stage of `total` updates. */
export function scheduleOf(settings: StageSettings, total: number): Schedule {
  const { kind, learningRate: peak, minLearningRate: low } = settings;
  const warmup = settings.warmup ?? (kind === "pretrain" ? defaultWarmup(total) : instructWarmup(total));
  return { peak, low, warmup, total };
}

/** Returns the default number of updates between measurements and checkpoints: a tenth of the stage, at least 50 [ours]. */
export function defaultInterval(total: number): number {
  return Math.max(50, Math.ceil(total / 10));
}

/** A source of a stage's data, and how much of it the stage reads. */
export interface SourceRecord {
  /** Its name. */
  source: string;
  /** Its share of the drawn windows. */
  share: number;
  /** Times that the stage reads it. */
  epochs: number;
  /** Documents or conversations in it. */
  documents: number;
  /** Token ids in it. */
  tokens: number;
}

/** Settings that older versions wrote under another name into checkpoints and recipes. */
const earlierNames: Readonly<Record<string, keyof StageSettings>> = { heldAsked: "validationRequested" };

/** Returns the settings of a file with their current names. */
export function currentSettings<Settings extends object>(settings: Settings): Settings {
  const entries = Object.entries(settings).map(([key, value]) => [earlierNames[key] ?? key, value]);
  return Object.fromEntries(entries) as Settings;
}
