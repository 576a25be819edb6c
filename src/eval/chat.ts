/**
 * A model that is asked through its chat template: each prompt becomes the words of a user, and what is scored or
 * written is the beginning of the answer.
 *
 * @module
 */
import type { ChatEncoding, Message } from "../base/encoder.ts";
import { ConfigError } from "../base/errors.ts";
import type { Decoding, Scorable } from "./scorable.ts";

/** What a model needs for it besides. */
interface Chatty {
  tokenizer?: {
    chat?(messages: readonly Message[], options?: { generationPrompt?: boolean }): ChatEncoding;
  };
  scoreBatch?(
    pairs: readonly (readonly [Uint32Array, string])[],
    run?: { signal?: AbortSignal },
  ): ReturnType<NonNullable<Scorable["scoreBatch"]>>;
  chat?(prompt: string, options?: Decoding & { signal?: AbortSignal }): { text(): Promise<string> };
}

/**
 * The model behind its template.
 *
 * @throws {ConfigError} when it has none
 */
export function chatting(model: Scorable, task: string): Scorable {
  const { name, config } = model, chatty = model as Chatty, { tokenizer } = chatty;
  if (!tokenizer?.chat) {
    throw new ConfigError(
      `Cannot evaluate "${task}" on "${name}" with { chat: true }: it has no chat template`,
    );
  }
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
    generate: (prompt, options) => {
      if (typeof prompt === "string" && chatty.chat) return chatty.chat(prompt, options);
      throw new ConfigError(
        `Cannot evaluate "${task}" on "${name}" with { chat: true }: a prompt does not fit its context`,
      );
    },
  };
}
