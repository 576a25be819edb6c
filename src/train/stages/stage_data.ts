/**
 * The data of a stage: which tokens it trains on, what is held out, and how many windows that makes.
 *
 * @module
 */
import { ConfigError, DataError } from "../../base/errors.ts";
import { hash32 } from "../../base/random.ts";
import { holdOut, type PreparedTokens, type PrepareProgress, TokenDataset } from "../../data/mod.ts";
import type { Model } from "../../model/mod.ts";
import { stateOf } from "../../model/model_state.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { StageData } from "./stage_options.ts";
import { type Stage, windowsOf } from "./stage.ts";
import type { SourceRecord } from "./stage.ts";

/** A stage's data, ready to be read. */
export interface StageTokens {
  /** What is trained on. */
  train: PreparedTokens;
  /** What is measured; undefined where there is nothing. */
  validation?: PreparedTokens;
  /** How the validation data was chosen. */
  held: string;
  /** Windows that the stage draws. */
  windows: number;
  /** Updates of the stage; the last batch may be short. */
  steps: number;
  /** Closes the files. */
  close(): void;
}

/** How a stage's data is made ready. */
export interface StageDataOptions {
  /** Seed of the run: decides what is held out. */
  seed: number;
  /** Seed of the stage: decides the order. */
  order: number;
  /** Stops it. */
  signal: AbortSignal;
  /** Told how far it is. */
  onProgress?: (done: PrepareProgress) => void;
}

/** The seed of a stage's order: the first stage has the run's own, later ones draw theirs. */
export function orderSeed(seed: number, index: number, name: string): number {
  return index === 0 ? seed : hash32(name, seed);
}

/**
 * The tokenizer of a stage. Text is the same under every chat template, and so is its identity here: a model that was
 * tuned meanwhile still resumes its pretraining.
 */
export function tokenizerOf(model: Model, { settings }: Stage): Tokenizer {
  const tokenizer = stateOf(model).requireTokenizer("train on text");
  if (settings.template !== null) return tokenizer.withTemplate(settings.template);
  return settings.kind === "instruct" ? tokenizer : plain(tokenizer);
}

/** The tokenizer with the plain template, where its vocabulary allows one. */
export function plain(tokenizer: Tokenizer): Tokenizer {
  try {
    return tokenizer.withTemplate("plain");
  } catch {
    return tokenizer;
  }
}

/** The tokens of `data` as this stage reads them; nothing is read yet. */
export function tokensOf(model: Model, stage: Stage, data: StageData): TokenDataset {
  const { context, documentMask } = stage.settings;
  const tokens = data instanceof TokenDataset
    ? data
    : data.tokenize(tokenizerOf(model, stage), { context, documentMask });
  if (tokens.vocabSize <= model.config.vocabSize) return tokens;
  throw new ConfigError(
    `Cannot train "${model.name}": the data has ${tokens.vocabSize} token ids, the model ${model.config.vocabSize}. ` +
      "Tokenize with the model's own tokenizer",
    { path: `Trainer.${stage.settings.kind}` },
  );
}

/**
 * Holds out the validation data, tokenizes and packs, and counts the steps.
 *
 * @throws {DataError} for an empty corpus, or one from which nothing can be learned
 * @throws {ConfigError} when the stage would read a source more often than its `maxEpochs`
 */
export async function prepareStage(
  model: Model,
  stage: Stage,
  options: StageDataOptions,
): Promise<StageTokens> {
  const { seed, signal, onProgress } = options;
  const { settings } = stage;
  const all = tokensOf(model, stage, stage.data);
  const { train, validation, description } = settings.held
    ? await holdOut(all, { share: settings.held, seed, signal })
    : {
      train: all,
      validation: stage.validation && tokensOf(model, stage, stage.validation),
      description: stage.validation ? "data of its own" : "nothing",
    };
  const open: PreparedTokens[] = [];
  const close = () => open.splice(0).forEach((tokens) => tokens.close());
  try {
    open.push(await train.prepare({ signal, onProgress }));
    if (validation) open.push(await validation.prepare({ signal }));
    await checkLearnable(open[0], settings.name);
    const windows = windowsOf(settings, open[0].windows);
    checkEpochs(open[0], stage, windows, options.order);
    const steps = Math.ceil(windows / settings.batch);
    return { train: open[0], validation: open[1], held: description, windows, steps, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Rows that were given may hold no target at all; text always has some. */
async function checkLearnable(tokens: PreparedTokens, name: string): Promise<void> {
  if (!tokens.fixedOrder) return;
  for await (const { targets } of tokens.ordered()) if (targets.some((target) => target >= 0)) return;
  throw new DataError(`Cannot train ${name}: the data has no supervised token, every target is -100`);
}

function checkEpochs(tokens: PreparedTokens, { settings }: Stage, windows: number, order: number): void {
  const most = tokens.largest(order);
  if (windows <= most.windows) return;
  const { length, batch, context, kind } = settings;
  const unit = Object.keys(length)[0];
  const whole = Math.floor(most.windows / batch);
  const largest = "steps" in length
    ? whole
    : "tokens" in length
    ? whole * batch * context
    : most.windows / tokens.windows;
  throw new ConfigError(
    `Cannot use Trainer.${kind}.${unit}: ${most.source} would be read more often than its maxEpochs, ` +
      `${unit} can be at most ${largest}, current value is ${Object.values(length)[0]}`,
    { path: `Trainer.${kind}.${unit}`, value: Object.values(length)[0] },
  );
}

/** The sources of a stage and how it reads them. `order` is the seed of its windows' order. */
export function sourcesOf({ train, windows }: StageTokens, order: number): SourceRecord[] {
  return train.sources.map(({ name, weight, documents, tokens, epochsFor }) => ({
    source: name,
    share: weight,
    epochs: epochsFor(windows, order),
    documents,
    tokens,
  }));
}
