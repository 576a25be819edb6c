/**
 * The data of a stage: tokens to train on, tokens held out for validation, and the number of windows and steps.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { hash32 } from "../../base/random.ts";
import { type PreparedTokens, type PrepareProgress, TokenDataset } from "../../data/mod.ts";
import { holdOut } from "../../data/tokens/token_dataset.ts";
import type { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { StageData } from "./stage_options.ts";
import { type SourceRecord, type Stage, windowsOf } from "./stage.ts";

/** The data of a stage, ready to be read. */
export interface StageTokens {
  /** Tokens to train on. */
  train: PreparedTokens;
  /** Tokens to measure the validation loss on; undefined where there are none. */
  validation?: PreparedTokens;
  /** Source of the validation data, in words. */
  validationSource: string;
  /** Share of the data that is held out, where the stage holds some out. */
  heldShare?: number;
  /** Seed of the window order. */
  order: number;
  /** Windows that the stage draws. */
  windows: number;
  /** Updates of the stage; the last batch may be short. */
  steps: number;
  /** Closes the files. */
  close(): void;
}

/** Options of {@linkcode prepareStage}. */
interface StageDataOptions {
  /** Seed of the run, which decides the held-out documents. */
  seed: number;
  /** Seed of the stage, which decides the window order. */
  order: number;
  /** Stops the preparation. */
  signal: AbortSignal;
  /** Name of this host, where several prepare the data. */
  host?: string;
  /** Called with the progress. */
  onProgress?: (done: PrepareProgress) => void;
}

/** Returns the seed of a stage's window order: the run's own for the first stage, a hash of seed and name for others. */
export function orderSeed(seed: number, index: number, name: string): number {
  return index === 0 ? seed : hash32(name, seed);
}

/**
 * Returns the tokenizer of a stage. Pretraining always sees the plain template, so that a model which was tuned
 * meanwhile still resumes its pretraining: the template changes no token of a text, only the tokenizer's identity.
 *
 * @throws {ConfigError} for a model without a tokenizer
 */
export function tokenizerOf(model: Model, { settings }: Stage): Tokenizer {
  const tokenizer = stateOf(model).requireTokenizer("train on text");
  if (settings.template !== null) return tokenizer.withTemplate(settings.template);
  return settings.kind === "instruct" ? tokenizer : withPlainTemplate(tokenizer);
}

/** Returns the tokenizer with the plain template, where its vocabulary allows one. */
export function withPlainTemplate(tokenizer: Tokenizer): Tokenizer {
  try {
    return tokenizer.withTemplate("plain");
  } catch {
    return tokenizer;
  }
}

/**
 * Returns the tokens of `data` as this stage reads them; nothing is read yet.
 *
 * @throws {ConfigError} for more token ids than the model has
 */
export function tokensOf(model: Model, stage: Stage, data: StageData): TokenDataset {
  const { context, documentMask } = stage.settings;
  const tokens = data instanceof TokenDataset
    ? data
    : data.tokenize(tokenizerOf(model, stage), { context, documentMask });
  const ownTokenizer = tokens !== data ||
    tokens.tokenizer !== undefined && tokens.tokenizer === model.tokenizer?.fingerprint;
  if (ownTokenizer || tokens.vocabSize <= model.config.vocabSize) return tokens;
  throw new ConfigError(
    `Cannot train "${model.name}": the data has ${tokens.vocabSize} token ids, the model ${model.config.vocabSize}. ` +
      "Tokenize with the model's own tokenizer",
    { path: `Trainer.${stage.settings.kind}` },
  );
}

/**
 * Prepares the data of a stage: holds out validation data, tokenizes, packs, and counts windows and steps.
 *
 * @throws {DataError} for an empty corpus, one from which nothing can be learned, or documents to instruct with or
 * conversations to pretrain on
 * @throws {ConfigError} when the stage would read a source more often than its `maxEpochs`
 */
export async function prepareStage(
  model: Model,
  stage: Stage,
  { seed, order, signal, host, onProgress }: StageDataOptions,
): Promise<StageTokens> {
  const { settings } = stage;
  const kind = settings.kind === "instruct" ? "conversations" : "documents";
  const all = tokensOf(model, stage, stage.data);
  const { train, validation, share, description } = settings.held
    ? await all[holdOut]({ share: settings.held, seed, kind, signal })
    : {
      train: all,
      share: undefined,
      validation: stage.validation && tokensOf(model, stage, stage.validation),
      description: stage.validation ? "own data" : "none",
    };
  const open: PreparedTokens[] = [];
  const close = () => open.splice(0).forEach((tokens) => tokens.close());
  try {
    open.push(await train.prepare({ kind, signal, host, onProgress }));
    if (validation) open.push(await validation.prepare({ kind, signal, host }));
    await checkLearnable(open[0], settings.name);
    const windows = windowsOf(settings, open[0].windows);
    checkEpochs(open[0], stage, windows, order);
    const steps = Math.ceil(windows / settings.batch);
    return {
      train: open[0],
      validation: open[1],
      validationSource: description,
      heldShare: share,
      order,
      windows,
      steps,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Facts of a stage's data that are known once it was read. */
export interface StageDataFacts {
  /** Distinct windows to train on. */
  windows: number;
  /** Updates of the stage. */
  steps: number;
  /** Share of the data that is held out, where the stage holds some out. */
  heldShare?: number;
  /** The validation data in words. */
  validation: string;
}

/** Prepares the data of a stage, as a run will find it again, and returns its facts. */
export async function readStage(
  model: Model,
  stage: Stage,
  options: StageDataOptions,
): Promise<StageDataFacts> {
  const { train, steps, heldShare, validationSource, close } = await prepareStage(model, stage, options);
  close();
  return { windows: train.windows, steps, heldShare, validation: validationSource };
}

/** Throws unless some token has a target; only rows of `Dataset.tokens` may have none. */
async function checkLearnable(tokens: PreparedTokens, name: string): Promise<void> {
  if (!tokens.fixedOrder) return;
  for await (const { targets } of tokens.ordered()) if (targets.some((target) => target >= 0)) return;
  throw new DataError(`Cannot train ${name}: the data has no supervised token, every target is -100`);
}

function checkEpochs(tokens: PreparedTokens, { settings }: Stage, windows: number, order: number): void {
  const limit = tokens.largest(order);
  if (windows <= limit.windows) return;
  const { length, batch, context, kind } = settings;
  const unit = Object.keys(length)[0];
  const maxSteps = Math.floor(limit.windows / batch);
  const largest = "steps" in length
    ? maxSteps
    : "tokens" in length
    ? maxSteps * batch * context
    : limit.windows / tokens.windows;
  throw new ConfigError(
    `Cannot use Trainer.${kind}.${unit}: ${limit.source} would be read more often than its maxEpochs, ` +
      `${unit} can be at most ${largest}, current value is ${Object.values(length)[0]}`,
    { path: `Trainer.${kind}.${unit}`, value: Object.values(length)[0] },
  );
}

/** Returns the sources of a stage, and how much of each it reads. */
export function sourcesOf({ train, windows, order }: StageTokens): SourceRecord[] {
  const epochs = train.epochs(windows, order);
  return train.sources.map(({ name, weight, documents, tokens }, s) => ({
    source: name,
    share: weight,
    epochs: epochs[s],
    documents,
    tokens,
  }));
}
