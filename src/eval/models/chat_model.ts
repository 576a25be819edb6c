/**
 * A model that is asked through its chat template: each prompt becomes the words of a user, and what is scored or
 * written is the beginning of the answer.
 *
 * @module
 */
import type { ChatEncoding, Message } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import type { BatchDecoding, Decoding, EvalModel } from "./eval_model.ts";

/** What a model needs for it besides. */
interface Chatty {
  tokenizer?: {
    chat?(messages: readonly Message[], options?: { generationPrompt?: boolean }): ChatEncoding;
  };
  scoreBatch?(
    pairs: readonly (readonly [Uint32Array, string])[],
    run?: { signal?: AbortSignal },
  ): ReturnType<NonNullable<EvalModel["scoreBatch"]>>;
  chat?(prompt: string, options?: Decoding & { signal?: AbortSignal }): { text(): Promise<string> };
}

/**
 * The model behind its template.
 *
 * @throws {ConfigError} when it has none
 */
export function chatting(model: EvalModel, task: string): EvalModel {
  const { name, config } = model;
  const chatty = model as Chatty;
  const { tokenizer } = chatty;
  if (!tokenizer?.chat) {
    throw new ConfigError(
      `Cannot evaluate "${task}" on "${name}" with { chat: true }: it has no chat template`,
    );
  }
  const whole = (prompt: string | Uint32Array) => {
    if (typeof prompt === "string") return prompt;
    throw new ConfigError(
      `Cannot evaluate "${task}" on "${name}" with { chat: true }: a prompt does not fit its context`,
    );
  };
  const render = (prompt: string) =>
    tokenizer.chat!([{ role: "user", content: prompt }], { generationPrompt: true }).ids;
  return {
    name,
    config,
    tokenizer: {
      fingerprint: model.tokenizer!.fingerprint,
      encode: (text, options) => options?.bos ? render(text) : model.tokenizer!.encode(text),
    },
    scoreBatch: chatty.scoreBatch &&
      ((pairs, run) =>
        chatty.scoreBatch!(pairs.map(([prompt, option]) => [render(prompt), option.trimStart()]), run)),
    generate: chatty.chat && ((prompt, options) => chatty.chat!(whole(prompt), options)),
    generateBatch: model.generateBatch &&
      ((prompts, options: BatchDecoding) =>
        model.generateBatch!(prompts.map(whole), { ...options, chat: true })),
  };
}
