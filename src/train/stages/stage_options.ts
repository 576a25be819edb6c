/**
 * The options of a stage of training; defaults are the paper's where it has one, else marked [ours].
 *
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { type Conversation, Dataset, type Document, TokenDataset } from "../../data/mod.ts";
import type { Save } from "../../gpu/mod.ts";
import type { LoraOptions } from "../../model/mod.ts";

/** Data to train on or to measure: documents, conversations, or tokens made of them. */
export type StageData = Dataset<Document> | Dataset<Conversation> | TokenDataset;

/** The options that pretraining and instruction tuning share. */
export interface StageOptions {
  /** Length in tokens. Exactly one of `tokens`, `steps`, `epochs`. */
  tokens?: number;
  /** Length in updates. */
  steps?: number;
  /** Length in passes over the data; a part of one is allowed. */
  epochs?: number;
  /** Tokens of a batch, rounded to whole sequences. Default: the preset's (4M for the paper's sizes), else 16 sequences [ours]. */
  batchTokens?: number;
  /** Sequences that are computed at once. Default: as many as make about 1,024 positions [ours]. */
  microBatch?: number;
  /** Positions of a sequence. Default: the model's context. */
  context?: number;
  /** Peak learning rate. Default: the preset's, else 3e-4 [paper 2.3 for 7B to 65B, else ours]. */
  learningRate?: number;
  /** Updates of the linear warmup. Default 2,000 [paper 2.3], at most a tenth of the stage. */
  warmup?: number;
  /** Learning rate at the end of the cosine. Default: a tenth of the peak [paper 2.3]. */
  minLearningRate?: number;
  /** Decay of AdamW's first moment. Default 0.9 [paper 2.3]. */
  beta1?: number;
  /** Decay of AdamW's second moment. Default 0.95 [paper 2.3]. */
  beta2?: number;
  /** Number added to the root of AdamW's second moment. Default 1e-8 [ours]. */
  epsilon?: number;
  /** Decoupled weight decay on tensors of two dimensions. Default 0.1 [paper 2.3]. */
  weightDecay?: number;
  /** Largest norm of all gradients together. Default 1 [paper 2.3]. */
  clip?: number;
  /** Activations that the forward pass keeps for the backward pass. Default "all" [ours]; "linear" is the paper's section 2.4. */
  save?: Save;
  /**
   * Trains LoRA adapters of some matrices instead of all weights (Hu et al. 2021): no gradients and moments of the
   * weights, but a frozen copy of the adapted matrices. The adapters are merged after every update, so the model is an
   * ordinary one; its checkpoints also hold them in PEFT's format, in the folder `adapter`. True stands for `{ rank: 8,
   * alpha: 16, targets: ["q_proj", "v_proj"] }`. Default false. With adapters the default learning rate is that of
   * pretraining, not a tenth of it [ours].
   */
  lora?: boolean | LoraOptions;
  /** Windows in a seeded random order, new in each epoch. Default true; rows of `Dataset.tokens` keep theirs. */
  shuffle?: boolean;
  /**
   * Validation data, never trained on: a share of the documents, taken before packing; or data of its own; or false.
   * Default 0.01 [ours]; nothing can be held out of `Dataset.tokens`.
   */
  validation?: number | StageData | false;
  /** Updates between two measurements of the validation loss. Default: a tenth of the stage, at least 50 [ours]. */
  validateEvery?: number;
  /** Updates between two sample texts. Default: none are written. */
  sampleEvery?: number;
  /** Updates between two checkpoints. Default: a tenth of the stage, at least 50 [ours]. */
  checkpointEvery?: number;
  /**
   * Skips a step whose loss is more than this many standard deviations above the mean of the updates among the last 128
   * steps; the first 64 updates are never skipped. OLMo 2 takes 6; PaLM and others restart by hand and leave such
   * batches out. Default: every finite step is applied.
   */
  skipSpikes?: number;
  /** Updates that may be skipped in a row, for a spike or a loss or norm that is not finite. Default 3 [ours]. */
  maxSkipped?: number;
}

/** Options of {@linkcode Trainer.pretrain}. */
export interface PretrainOptions extends StageOptions {
  /** Starts attention and positions anew at each document. Default false. */
  documentMask?: boolean;
}

/** Options of {@linkcode Trainer.instruct}. Those that are listed here differ from pretraining in their defaults. */
export interface InstructOptions extends StageOptions {
  /** Length in passes over the conversations; a part of one is allowed. Default 1 where no length is given [ours]. */
  epochs?: number;
  /** Peak learning rate. Default: a tenth of the peak of pretraining, 3e-5 for a loaded model [ours]. */
  learningRate?: number;
  /** Updates of the linear warmup. Default: 3 % of the stage [ours]. */
  warmup?: number;
  /**
   * Validation data, never trained on: a share of the conversations, taken before packing; or data of its own; or false.
   * Default 0.05 [ours]; nothing can be held out of `Dataset.tokens`.
   */
  validation?: number | StageData | false;
  /** Chat template that the model's tokenizer adopts: "plain" (default), "llama-2", "chatml", or Jinja. */
  template?: string;
}

const oneOrMore = "must be a whole number, at least 1";
const count = z.number(oneOrMore).int(oneOrMore).min(1, oneOrMore).optional();
const aboveZero = z.number("must be a number above 0").positive("must be above 0").optional();
const notNegative = z.number("must be a number, at least 0").min(0, "must be at least 0").optional();
const decay = z.number("must be a number").min(0, "must be at least 0").lt(1, "must be below 1").optional();
const flag = z.boolean("must be true or false").optional();
const zeroOrMore = "must be a whole number, at least 0";

const shape = {
  tokens: count,
  steps: count,
  epochs: aboveZero,
  batchTokens: count,
  microBatch: count,
  context: count,
  learningRate: aboveZero,
  warmup: z.number(zeroOrMore).int(zeroOrMore).min(0, zeroOrMore).optional(),
  minLearningRate: notNegative,
  beta1: decay,
  beta2: decay,
  epsilon: aboveZero,
  weightDecay: notNegative,
  clip: aboveZero,
  save: z.enum(["all", "linear", "block"], 'must be "all", "linear" or "block"').optional(),
  lora: z.custom<boolean | LoraOptions>(
    (value) => typeof value === "boolean" || (typeof value === "object" && value !== null),
    "must be true, false, or { rank, alpha, targets }",
  ).optional(),
  shuffle: flag,
  validation: z.custom<number | StageData | false>(
    isValidation,
    "must be a share above 0 and at most 0.5, a Dataset, a TokenDataset, or false",
  ).optional(),
  validateEvery: count,
  sampleEvery: count,
  checkpointEvery: count,
  skipSpikes: aboveZero,
  maxSkipped: z.number(zeroOrMore).int(zeroOrMore).min(0, zeroOrMore).optional(),
};

const pretrainSchema = optionsSchema<PretrainOptions>("PretrainOptions")(
  z.strictObject({ ...shape, documentMask: flag }),
);

const template = z.string('must be "plain", "llama-2", "chatml" or Jinja').min(1).optional();
const instructSchema = optionsSchema<InstructOptions>("InstructOptions")(
  z.strictObject({ ...shape, template }),
);

function isValidation(value: unknown): boolean {
  if (typeof value === "number") return value > 0 && value <= 0.5;
  return value === false || value instanceof Dataset || value instanceof TokenDataset;
}

/**
 * Checks the options of a stage of pretraining.
 *
 * @throws {ConfigError} naming the option, its value and what is allowed
 */
export function parsePretrain(options: unknown): PretrainOptions {
  return withOneLength(parseOptions(pretrainSchema, options, "Trainer.pretrain"), "Trainer.pretrain");
}

/**
 * Checks the options of a stage of instruction tuning; without a length it is one epoch.
 *
 * @throws {ConfigError} naming the option, its value and what is allowed
 */
export function parseInstruct(options: unknown): InstructOptions {
  const parsed = parseOptions(instructSchema, options, "Trainer.instruct");
  const length = parsed.tokens ?? parsed.steps ?? parsed.epochs;
  return withOneLength(length === undefined ? { ...parsed, epochs: 1 } : parsed, "Trainer.instruct");
}

function withOneLength<O extends StageOptions>(options: O, path: string): O {
  const { tokens, steps, epochs } = options;
  const lengths = Object.entries({ tokens, steps, epochs }).filter(([, value]) => value !== undefined);
  if (lengths.length !== 1) {
    const found = lengths.length ? lengths.map(([name]) => name).join(" and ") : "none of them";
    throw new ConfigError(
      `Cannot use ${path}: give exactly one of tokens, steps and epochs, found ${found}`,
      {
        path,
        value: Object.fromEntries(lengths),
      },
    );
  }
  return options;
}
