/**
 * The prompt of an answer: a conversation in the chat template, whole or as much of it as the context holds.
 *
 * @module
 */
import type { Message } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import { parseOptions } from "../../base/schema.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";
import { chatIds, conversationOf } from "./prompt_ids.ts";
import {
  chatSchema,
  type GenerateOptions,
  type ModelChatOptions,
  samplingSettings,
} from "./sampling_settings.ts";

/** The prompt of an answer. */
export interface ChatPrompt {
  /** Its ids, up to the start of the answer. */
  ids: Uint32Array;
  /** The conversation, whole. */
  turns: readonly Message[];
  /** Number of messages that were left out. */
  trimmed: number;
  /** Options of the generation. */
  options: GenerateOptions;
}

/** The share of the context that trimming keeps free for the answer, at most. [ours] */
const answerShare = 1 / 4;

/**
 * Returns the prompt of the answer to a conversation; a string is one message of the user.
 *
 * @throws {ConfigError} for an unknown option, a tokenizer without a template, or a conversation that does not fit the context:
 * with `trim` one whose newest message alone is too long
 */
export function chatPrompt(
  model: ModelHandle,
  messages: string | readonly Message[],
  options: ModelChatOptions,
): ChatPrompt {
  const { trim, ...given } = parseOptions(chatSchema, options, "chat");
  const { context } = stateOf(model).config;
  const turns = conversationOf(messages);
  const room = Math.min(samplingSettings(model, given).maxTokens, Math.floor(context * answerShare));
  const { ids, trimmed } = trim
    ? newestTurns(model, turns, context - room)
    : { ids: chatIds(model, turns), trimmed: 0 };
  if (ids.length > context) throw tooLong(ids.length, context, !trim && turns.length > 2);
  return { ids, turns, trimmed, options: given };
}

/**
 * Returns the ids of the system message and of as many of the newest turns as fit into `limit` tokens: where none does, those
 * of the newest message.
 */
function newestTurns(
  model: ModelHandle,
  messages: readonly Message[],
  limit: number,
): Pick<ChatPrompt, "ids" | "trimmed"> {
  const whole = chatIds(model, messages);
  if (whole.length <= limit) return { ids: whole, trimmed: 0 };
  const first = messages[0].role === "system" ? 1 : 0;
  const without = (turns: number) =>
    chatIds(model, [...messages.slice(0, first), ...messages.slice(first + 2 * turns)]);
  let fewest = 0; // turns to leave out
  let most = Math.floor((messages.length - first - 1) / 2);
  while (fewest < most) {
    const turns = Math.floor((fewest + most) / 2);
    if (without(turns).length <= limit) most = turns;
    else fewest = turns + 1;
  }
  return { ids: without(most), trimmed: 2 * most };
}

function tooLong(length: number, context: number, isConversation: boolean): ConfigError {
  const [what, advice] = isConversation
    ? ["conversation", "Shorten it, or give { trim: true }, which leaves the oldest turns out"]
    : ["message", "Shorten it"];
  return new ConfigError(
    `Cannot answer: the ${what} has ${length} tokens in the chat template, the model's context is ${context}. ${advice}`,
    { path: "chat.messages" },
  );
}
