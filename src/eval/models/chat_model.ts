/**
 * A model behind its chat template: each prompt becomes a user's message, and the beginning of the answer is scored or
 * generated.
 *
 * @module
 */
import type { ChatEncoding, Message } from "../../base/encoder.ts";
import { ConfigError } from "../../base/errors.ts";
import type { BatchDecoding, Decoding, EvalModel } from "./eval_model.ts";

/** The methods that a model needs for chat besides those of {@linkcode EvalModel}. */
interface ChatMethods {
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
 * Returns `model` behind its chat template.
 *
 * @throws {ConfigError} when it has no template
 */
export function withChatTemplate(model: EvalModel, task: string): EvalModel {
  const { name, config } = model;
  const chatModel = model as ChatMethods;
  const { tokenizer } = chatModel;
  if (!tokenizer?.chat) {
    throw new ConfigError(
      `Cannot evaluate "${task}" on "${name}" with { chat: true }: it has no chat template`,
    );
  }
  const uncut = (prompt: string | Uint32Array) => {
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
      addsBos: true, // the text rendered below
      encode: (text, options) => options?.bos ? render(text) : model.tokenizer!.encode(text),
    },
    scoreBatch: chatModel.scoreBatch &&
      ((pairs, run) =>
        chatModel.scoreBatch!(pairs.map(([prompt, option]) => [render(prompt), option.trimStart()]), run)),
    generate: chatModel.chat && ((prompt, options) => chatModel.chat!(uncut(prompt), options)),
    generateBatch: model.generateBatch &&
      ((prompts, options: BatchDecoding) =>
        model.generateBatch!(prompts.map(uncut), { ...options, chat: true })),
  };
}
