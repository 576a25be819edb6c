/**
 * Prompts as token ids: text, after BOS where the tokenizer's files say so, and messages in the tokenizer's chat template.
 *
 * @module
 */
import type { Message } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import { wrongArgument } from "../../base/schema.ts";
import { bosIdIn, eosIdsIn } from "../architecture/generation_settings.ts";
import { type ModelHandle, type ModelState, type Prompt, stateOf } from "../model_state.ts";

/**
 * Returns the ids of a prompt to continue: of text with BOS in front where the tokenizer adds one; ids stay as they are.
 * An empty text stands for the beginning of a document.
 *
 * @throws {ConfigError} for text without a tokenizer
 */
export function promptIds(model: ModelHandle, prompt: Prompt): Uint32Array {
  if (prompt instanceof Uint32Array) return prompt;
  if (typeof prompt !== "string") throw wrongArgument("the prompt", "a text or a Uint32Array of ids", prompt);
  const state = stateOf(model);
  const tokenizer = state.requireTokenizer("generate from text");
  const ids = textIds(state, prompt, tokenizer.addsBos);
  return ids.length > 0 ? ids : Uint32Array.of(startId(state));
}

/**
 * Returns the ids of a text, with BOS in front where `bos` asks for it.
 *
 * @throws {ConfigError} for text without a tokenizer, or a token that the model has no row for
 */
export function textIds(model: ModelState, text: string, bos = false): Uint32Array {
  return knownIds(model, model.requireTokenizer("encode text").encode(text, { bos }));
}

/** Returns a conversation as its messages; a string is one message of the user. */
export function conversationOf(messages: string | readonly Message[]): readonly Message[] {
  return typeof messages === "string" ? [{ role: "user", content: messages }] : messages;
}

/**
 * Returns the ids of a conversation up to the start of the answer.
 *
 * @throws {ConfigError} for a model without a tokenizer, or a tokenizer without a chat template
 */
export function chatIds(model: ModelHandle, messages: readonly Message[]): Uint32Array {
  const state = stateOf(model);
  return knownIds(state, state.requireTokenizer("chat").chat(messages, { generationPrompt: true }).ids);
}

/** Refuses tokens that the tokenizer has and the model's table has not, such as a `[PAD]` that was added to the files. */
function knownIds(model: ModelState, ids: Uint32Array): Uint32Array {
  const { tokenizer, config: { vocabSize } } = model;
  const beyond = ids.find((id) => id >= vocabSize);
  if (beyond === undefined) return ids;
  throw new ConfigError(
    `Cannot use the token ${
      JSON.stringify(tokenizer?.tokenOf(beyond))
    } (id ${beyond}): the tokenizer has it, but the ` +
      `model has only ${vocabSize} ids. Leave it out of the text`,
  );
}

/**
 * Returns the id that stands for an empty prompt: BOS, else EOS as in the LM evaluation harness.
 *
 * @throws {ConfigError} where there is neither
 */
export function startId(model: ModelState): number {
  const { tokenizer, settings } = model;
  const bos = tokenizer ? tokenizer.bosId : settings ? bosIdIn(settings) : 1;
  const id = [bos, tokenizer?.eosId ?? -1, ...eosIdsIn(settings) ?? []].find((id) => id >= 0);
  if (id !== undefined) return id;
  throw new ConfigError(
    "Cannot begin with an empty prompt: the model has neither BOS nor EOS. Give a text or ids",
  );
}

/** Returns the ids that end a text; an answer in a chat also ends with those that the template puts behind answers. */
export function endIds({ tokenizer, settings }: ModelState, isAnswer: boolean): Set<number> {
  const stated = eosIdsIn(settings);
  if (!tokenizer) return new Set(stated ?? [2]);
  return new Set([...stated ?? [], ...isAnswer ? tokenizer.stopIds : tokenizer.eosIds]);
}
