/**
 * Prompts as token ids: text after BOS, and messages in the tokenizer's chat template.
 *
 * @module
 */
import type { Message } from "../../base/encoder.ts";
import { type ModelHandle, type Prompt, stateOf } from "../model_state.ts";

/**
 * Returns the ids of a prompt to continue; BOS goes in front of text, and ids stay as they are.
 *
 * @throws {ConfigError} for text without a tokenizer
 */
export function promptIds(model: ModelHandle, prompt: Prompt): Uint32Array {
  if (typeof prompt !== "string") return prompt;
  return stateOf(model).requireTokenizer("generate from text").encode(prompt, { bos: true });
}

/**
 * Returns the ids of a conversation up to the start of the answer; a string is one message of the user.
 *
 * @throws {ConfigError} for a model without a tokenizer, or a tokenizer without a chat template
 */
export function chatIds(model: ModelHandle, messages: string | readonly Message[]): Uint32Array {
  const turns: readonly Message[] = typeof messages === "string"
    ? [{ role: "user", content: messages }]
    : messages;
  return stateOf(model).requireTokenizer("chat").chat(turns, { generationPrompt: true }).ids;
}
