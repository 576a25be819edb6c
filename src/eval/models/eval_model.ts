/**
 * What the evaluation needs of a model: three methods, each for one kind of task. `Model` has them; anything else
 * with one of them, such as a service behind HTTP or an oracle in a test, can be scored too.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { Encoder } from "../../base/encoder.ts";
import { show } from "../../base/schema.ts";
import type { Dataset, TokenDataset } from "../../data/mod.ts";

/** A prompt and its continuation. */
export type Pair = readonly [prompt: string, continuation: string];

/** How likely a continuation is. */
export interface Likelihood {
  /** Sum of the log-probabilities of its tokens, in nats. */
  logProb: number;
  /** Number of its tokens. */
  tokens: number;
  /** Tokens of the prompt that were cut off on the left to fit the context. */
  truncatedTokens?: number;
  /** Tokens that the model reads for it. */
  inputs?: number;
  /** Those of them that an earlier pair with the same beginning had put through already. */
  reusedTokens?: number;
}

/** How surprised a model is by a text. */
export interface MeanLoss {
  /** Nats per token. */
  loss: number;
  /** Its standard error over the windows, where it is known. */
  error?: number;
  /** Bits per UTF-8 byte. */
  bitsPerByte: number;
  /** exp(loss). */
  perplexity: number;
  /** Tokens predicted. */
  tokens: number;
  /** UTF-8 bytes of the text they stand for. */
  bytes: number;
}

/** How a text is generated. */
export interface Decoding {
  /** 0 takes the most likely token every time. */
  temperature: number;
  /** Most tokens to add. */
  maxTokens: number;
  /** The text ends before the first of these. */
  stop: string[];
  /** Keeps the most likely tokens until their mass passes this. */
  topP?: number;
  /** Decides the draws. */
  seed?: number;
}

/** How many texts are generated together. */
export interface BatchDecoding extends Omit<Decoding, "seed"> {
  /** One for each prompt; they decide the draws. */
  seed?: readonly number[];
  /** Each prompt is the words of a user, answered by the model's chat template. */
  chat?: boolean;
  /** Told each text as it ends, with the number of its prompt. */
  onText?: (index: number, text: { readonly text: string }) => void;
  /** Stops it. */
  signal?: AbortSignal;
}

/** A model to evaluate. */
export interface EvalModel {
  /** Its name in reports. */
  readonly name: string;
  /** Longest sequence in tokens, where it is known. */
  readonly config?: { readonly context: number };
  /** Counts tokens, so that few-shot examples can be fitted to the context. */
  readonly tokenizer?: Pick<Encoder, "encode" | "fingerprint">;
  /** For `choice` and `perplexity` tasks: how likely each continuation is after its prompt, in the order given. */
  scoreBatch?(
    pairs: readonly Pair[],
    run?: { signal?: AbortSignal },
  ): Promise<Likelihood[]>;
  /** For `generate` tasks: the continuation of a prompt (text, or ids where it had to be cut). */
  generate?(
    prompt: string | Uint32Array,
    options?: Decoding & { signal?: AbortSignal },
  ): { text(): Promise<string> };
  /** The same for many prompts at once, in their order; without it they are asked one by one. */
  generateBatch?(
    prompts: readonly (string | Uint32Array)[],
    options: BatchDecoding,
  ): Promise<readonly { readonly text: string }[]>;
  /** Its weights, by which its answers are kept on disk; without them they are not. */
  parameters?(): Promise<ReadonlyMap<string, Float32Array<ArrayBuffer>>>;
  /** For losses: the mean over a dataset, over its first `limit` windows. */
  loss?(
    dataset: Dataset | TokenDataset,
    run?: { limit?: number; signal?: AbortSignal },
  ): Promise<MeanLoss>;
}

/** The methods that tasks ask for. */
type Ability = "scoreBatch" | "generate" | "loss";

const abilities: readonly Ability[] = ["scoreBatch", "generate", "loss"];

/** True for an object with a name and at least one of the methods. */
export function isScorable(value: unknown): value is EvalModel {
  const model = value as Partial<Record<Ability | "name", unknown>> | null | undefined;
  return typeof model?.name === "string" && abilities.some((name) => typeof model[name] === "function");
}

/**
 * A model that has `ability`.
 *
 * @throws {ConfigError} when it has not
 */
export function requireMethod<A extends Ability>(
  model: EvalModel,
  ability: A,
  task: string,
): EvalModel & Required<Pick<EvalModel, A>> {
  if (typeof model[ability] === "function") return model as EvalModel & Required<Pick<EvalModel, A>>;
  throw new ConfigError(`Cannot evaluate "${task}" on "${model.name}": the model has no method ${ability}`);
}

/**
 * One model, or several under names of the caller's, as a list of names and models.
 *
 * @throws {ConfigError} for anything else
 */
export function namedModels(models: EvalModel | Record<string, EvalModel>): [string, EvalModel][] {
  if (isScorable(models)) return [[models.name, models]];
  const entries = typeof models === "object" && models !== null ? Object.entries(models) : [];
  if (entries.length === 0) {
    throw new ConfigError(
      `Cannot evaluate: models must be a model or { name: model }, current value is ${show(models)}`,
      { path: "models", value: models },
    );
  }
  for (const [name, model] of entries) {
    if (isScorable(model)) continue;
    throw new ConfigError(
      `Cannot evaluate: models.${name} must be a model, current value is ${show(model)}; ` +
        `options such as seed are the second argument`,
      { path: `models.${name}`, value: model },
    );
  }
  return entries;
}
