/**
 * A stage of training as a plan: its data, and every setting that is known before the data is read.
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

/** What a stage does. */
export type StageKind = "pretrain" | "instruct";

/** How long a stage is, as it was asked for. */
export type StageLength = { tokens: number } | { steps: number } | { epochs: number };

/** The settings of a stage that do not depend on its data. */
export interface StageSettings {
  /** `pretrain`, `instruct`; repeated ones are numbered: `pretrain-2`. The folder of its last checkpoint. */
  name: string;
  /** What it does. */
  kind: StageKind;
  /** How long it is. */
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
  /** AdamW. */
  beta1: number;
  /** AdamW. */
  beta2: number;
  /** AdamW. */
  epsilon: number;
  /** AdamW. */
  weightDecay: number;
  /** Largest gradient norm. */
  clip: number;
  /** What the forward pass keeps. */
  save: Save;
  /** Adapters that are trained instead of the weights; missing where there are none. */
  lora?: LoraSettings;
  /** Whether windows are drawn in a random order. */
  shuffle: boolean;
  /** Whether attention stops at document borders. */
  documentMask: boolean;
  /** Chat template of instruction tuning, else null. */
  template: string | null;
  /** Share that is held out; null where validation data was given; 0 for none. */
  held: number | null;
  /** Whether the share was asked for, so that holding out nothing is worth a word. */
  validationRequested: boolean;
  /** Standard deviations at which a loss is a spike; missing where every finite step is applied. */
  skipSpikes?: number;
  /** Updates that may be skipped in a row. */
  maxSkipped: number;
  /** Updates between two measurements; null for the default. */
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
  /** What it trains on. */
  data: StageData;
  /** What it is measured on, where that is data of its own. */
  validation?: StageData;
  /** The options that later stages inherit. */
  inherited: StageOptions;
}

/** Options that a stage hands on to the next ones. */
const handedOn = [
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
 * The plan of a stage behind `earlier` ones.
 *
 * @throws {ConfigError} for options that contradict the model, the data or each other
 */
export function planStage(
  model: Model,
  kind: StageKind,
  data: StageData,
  given: PretrainOptions & InstructOptions,
  earlier: readonly Stage[],
): Stage {
  const before = earlier.at(-1)?.inherited ?? {};
  const o = { ...before, ...defined(given) };
  const path = `Trainer.${kind}`;
  const context = contextOf(model, data, given, before, path);
  const batchTokens = o.batchTokens ?? presetOf(model)?.batchTokens ?? 16 * context;
  const batch = Math.max(1, Math.round(batchTokens / context));
  const lora = loraSettings(given.lora, `${path}.lora`);
  const learningRate = given.learningRate ?? defaultRate(model, lora ? "pretrain" : kind, earlier);
  const minLearningRate = given.minLearningRate ?? tenth(learningRate);
  if (minLearningRate > learningRate) {
    throw refuse(
      `${path}.minLearningRate`,
      `must not be above learningRate ${learningRate}`,
      minLearningRate,
    );
  }
  const { validation } = given;
  const settings: StageSettings = {
    name: nameOf(kind, earlier),
    kind,
    length: lengthOf(given),
    context,
    batch,
    microBatch: o.microBatch === undefined ? evenMicroBatch(batch, context) : Math.min(o.microBatch, batch),
    learningRate,
    warmup: given.warmup ?? null,
    minLearningRate,
    beta1: o.beta1 ?? 0.9,
    beta2: o.beta2 ?? 0.95,
    epsilon: o.epsilon ?? 1e-8,
    weightDecay: o.weightDecay ?? 0.1,
    clip: o.clip ?? 1,
    save: o.save ?? "all",
    ...(lora && { lora }),
    shuffle: given.shuffle ?? true,
    documentMask: maskOf(kind, data, given, path),
    template: templateOf(kind, data, given),
    held: heldShare(kind, validation),
    validationRequested: typeof validation === "number",
    ...(given.skipSpikes !== undefined && { skipSpikes: given.skipSpikes }),
    maxSkipped: given.maxSkipped ?? 3,
    validateEvery: given.validateEvery ?? null,
    sampleEvery: given.sampleEvery ?? null,
    checkpointEvery: o.checkpointEvery ?? null,
  };
  const inherited = Object.fromEntries(handedOn.map((key) => [key, o[key]]));
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
  given: StageOptions,
  before: StageOptions,
  path: string,
): number {
  const most = model.config.context;
  const fixed = data instanceof TokenDataset ? data.context : undefined;
  if (fixed !== undefined && given.context !== undefined && given.context !== fixed) {
    throw refuse(`${path}.context`, `the token dataset has windows of ${fixed}`, given.context);
  }
  const context = fixed ?? given.context ?? before.context ?? most;
  if (context > most) throw refuse(`${path}.context`, `the model's context is ${most}`, context);
  return context;
}

function maskOf(kind: StageKind, data: StageData, given: PretrainOptions, path: string): boolean {
  const fixed = data instanceof TokenDataset ? data.documentMask : undefined;
  if (fixed !== undefined && given.documentMask !== undefined && given.documentMask !== fixed) {
    throw refuse(`${path}.documentMask`, `the token dataset was made with ${fixed}`, given.documentMask);
  }
  return fixed ?? given.documentMask ?? kind === "instruct";
}

/** Tokens that were made already do not change with a template, so only a given one is set then. */
function templateOf(kind: StageKind, data: StageData, given: InstructOptions): string | null {
  if (kind === "pretrain") return null;
  return given.template ?? (data instanceof TokenDataset ? null : "plain");
}

function heldShare(kind: StageKind, validation: StageOptions["validation"]): number | null {
  if (typeof validation === "object") return null;
  if (validation === false) return 0;
  return validation ?? (kind === "pretrain" ? 0.01 : 0.05);
}

/** The preset's rate, else the paper's for its smaller models; a tenth of the pretraining peak for tuning [ours]. */
function defaultRate(model: Model, kind: StageKind, earlier: readonly Stage[]): number {
  const own = presetOf(model)?.learningRate ?? 3e-4;
  if (kind === "pretrain") return own;
  const peak = earlier.findLast(({ settings }) => settings.kind === "pretrain")?.settings.learningRate;
  return tenth(peak ?? own);
}

/** A tenth of 3e-4 is 3e-5, not 2.9999999999999997e-5. */
function tenth(rate: number): number {
  return Number((rate / 10).toPrecision(12));
}

/** Sequences that make about 1,024 positions, evened out so that the last micro-batch is not a small rest. */
export function evenMicroBatch(batch: number, context: number): number {
  const most = Math.max(1, Math.floor(1024 / context));
  return Math.ceil(batch / Math.ceil(batch / most));
}

/** Windows that a stage draws, where its data has `distinct` of them. */
export function windowsOf({ length, batch, context }: StageSettings, distinct: number): number {
  if ("steps" in length) return length.steps * batch;
  if ("tokens" in length) return Math.ceil(length.tokens / (batch * context)) * batch;
  return Math.max(1, Math.round(length.epochs * distinct));
}

/** The learning rates of a stage of `total` updates. */
export function scheduleOf(settings: StageSettings, total: number): Schedule {
  const { kind, learningRate: peak, minLearningRate: low } = settings;
  const warmup = settings.warmup ?? (kind === "pretrain" ? defaultWarmup(total) : instructWarmup(total));
  return { peak, low, warmup, total };
}

/** A tenth of the stage, but not less than 50 updates: how often a stage is measured and saved by default [ours]. */
export function defaultEvery(total: number): number {
  return Math.max(50, Math.ceil(total / 10));
}

/** A source of a stage's data. */
export interface SourceRecord {
  /** Its name. */
  source: string;
  /** Its share of the drawn windows. */
  share: number;
  /** How often the stage reads it. */
  epochs: number;
  /** Documents or conversations. */
  documents: number;
  /** Token ids. */
  tokens: number;
}
