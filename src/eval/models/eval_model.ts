/**
 * The model of an evaluation: an object with one of three methods, each for one kind of task.
 *
 * `Model` has all three. Anything else with one of them can be scored too, such as a service behind HTTP or a function in
 * a test.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Encoder } from "../../base/encoder.ts";
import { show } from "../../base/schema.ts";
import type { Dataset, TokenDataset } from "../../data/mod.ts";

/** A prompt and its continuation. */
export type Pair = readonly [prompt: string, continuation: string];

/** The likelihood of a continuation after its prompt. */
export interface Likelihood {
  /** Sum of the log-probabilities of its tokens, in nats. */
  logProb: number;
  /** Number of its tokens. */
  tokens: number;
  /** Tokens of the prompt that were cut off on the left to fit the context. */
  truncatedTokens?: number;
  /** Input tokens of the pair. */
  inputs?: number;
  /** Input tokens whose keys and values an earlier pair with the same beginning had computed. */
  reusedTokens?: number;
  /** True when one token spans the join of prompt and continuation. */
  spansJoin?: boolean;
}

/** The mean loss of a model on a text. */
export interface MeanLoss {
  /** Nats per token. */
  loss: number;
  /** Standard error of the loss over the windows; undefined when it is not known. */
  error?: number;
  /** Bits per UTF-8 byte. */
  bitsPerByte: number;
  /** exp(loss). */
  perplexity: number;
  /** Number of tokens predicted. */
  tokens: number;
  /** UTF-8 bytes of the text behind the tokens. */
  bytes: number;
}

/** The settings with which a text is generated. */
export interface Decoding {
  /** Divides the logits; 0 takes the most likely token every time. */
  temperature: number;
  /** Largest number of tokens to add. */
  maxTokens: number;
  /** Strings before whose first occurrence the text ends. */
  stop: string[];
  /** Draws from the most likely tokens whose probabilities add up to this. */
  topP?: number;
  /** Seed of the draws. */
  seed?: number;
}

/** The settings with which many texts are generated together. */
export interface BatchDecoding extends Omit<Decoding, "seed"> {
  /** One seed per prompt. */
  seed?: readonly number[];
  /** True makes each prompt a user's message, answered through the model's chat template. */
  chat?: boolean;
  /** Called with each text when it is complete, and the index of its prompt. */
  onText?: (index: number, text: { readonly text: string }) => void;
  /** Stops the generation. */
  signal?: AbortSignal;
}

/** A model to evaluate. */
export interface EvalModel {
  /** Name in reports. */
  readonly name: string;
  /** Longest sequence in tokens. */
  readonly config?: { readonly context: number };
  /** Number format of the weights (default "f32"), which decides the last digits of the answers. */
  readonly dtype?: string;
  /** Counts tokens, so that few-shot examples can be fitted to the context. */
  readonly tokenizer?: Pick<Encoder, "encode" | "fingerprint" | "addsBos">;
  /** Returns the likelihood of each continuation after its prompt, in order; for `choice` and `perplexity` tasks. */
  scoreBatch?(
    pairs: readonly Pair[],
    run?: { signal?: AbortSignal },
  ): Promise<Likelihood[]>;
  /** Continues a prompt, which is given as ids where it had to be cut; for `generate` tasks. */
  generate?(
    prompt: string | Uint32Array,
    options?: Decoding & { signal?: AbortSignal },
  ): { text(): Promise<string> };
  /** Continues many prompts at once, in order; without this method they are continued one by one. */
  generateBatch?(
    prompts: readonly (string | Uint32Array)[],
    options: BatchDecoding,
  ): Promise<readonly { readonly text: string }[]>;
  /** Returns the weights, whose hash names the model's answers on disk; without this method no answers are kept. */
  parameters?(): Promise<ReadonlyMap<string, Float32Array<ArrayBuffer>>>;
  /** Returns the mean loss over a dataset, or over its first `limit` windows. */
  loss?(
    dataset: Dataset | TokenDataset,
    run?: { limit?: number; signal?: AbortSignal },
  ): Promise<MeanLoss>;
}

/** The methods that tasks need. */
type TaskMethod = "scoreBatch" | "generate" | "loss";

const taskMethods: readonly TaskMethod[] = ["scoreBatch", "generate", "loss"];

/** Returns true for an object with a name and at least one of the methods that tasks need. */
export function isEvalModel(value: unknown): value is EvalModel {
  const model = value as Partial<Record<TaskMethod | "name", unknown>> | null | undefined;
  return typeof model?.name === "string" && taskMethods.some((name) => typeof model[name] === "function");
}

/**
 * Returns the model, typed as one that has `method`.
 *
 * @throws {ConfigError} when it does not have it
 */
export function requireMethod<Method extends TaskMethod>(
  model: EvalModel,
  method: Method,
  task: string,
): EvalModel & Required<Pick<EvalModel, Method>> {
  if (typeof model[method] === "function") return model as EvalModel & Required<Pick<EvalModel, Method>>;
  throw new ConfigError(`Cannot evaluate "${task}" on "${model.name}": the model has no method ${method}`);
}

/**
 * Returns a list of names and models, from one model or from several by name.
 *
 * @throws {ConfigError} for anything else
 */
export function namedModels(models: EvalModel | Record<string, EvalModel>): [string, EvalModel][] {
  if (isEvalModel(models)) return [[models.name, models]];
  const entries = typeof models === "object" && models !== null ? Object.entries(models) : [];
  if (entries.length === 0) {
    throw new ConfigError(
      `Cannot evaluate: models must be a model or { name: model }, current value is ${show(models)}`,
      { path: "models", value: models },
    );
  }
  for (const [name, model] of entries) {
    if (isEvalModel(model)) continue;
    throw new ConfigError(
      `Cannot evaluate: models.${name} must be a model, current value is ${show(model)}; ` +
        `options such as seed are the second argument`,
      { path: `models.${name}`, value: model },
    );
  }
  return entries;
}
