/**
 * Checks that a prompt fits the model's context, and cuts it where it does not.
 *
 * @module
 */
import type { EvalModel } from "../models/eval_model.ts";
import { continued } from "./prompt.ts";

/**
 * Returns true when `prompt` with `option` fits the context, and for models without a known context or tokenizer. No BOS
 * is counted, since the model does not read the last token.
 */
export function fitsContext({ tokenizer, config }: EvalModel, prompt: string, option: string): boolean {
  if (!tokenizer || !config) return true;
  return tokenizer.encode(continued(prompt, option).join("")).length <= config.context;
}

/** A prompt that leaves room for the text to be generated. */
export interface FittedPrompt {
  /** The whole text, or the last ids of it behind the BOS that the tokenizer adds. */
  prompt: string | Uint32Array;
  /** Tokens that were cut off on the left. */
  cut: number;
}

/**
 * Cuts `prompt` on the left until `maxTokens` tokens fit behind it. The cut leaves at least half of the context to the
 * prompt.
 */
export function fitPrompt({ tokenizer, config }: EvalModel, prompt: string, maxTokens: number): FittedPrompt {
  if (!tokenizer || !config) return { prompt, cut: 0 };
  const bos = tokenizer.addsBos ?? true;
  const ids = tokenizer.encode(prompt, { bos });
  const room = Math.max(1, config.context - Math.min(maxTokens, Math.floor(config.context / 2)));
  if (ids.length <= room) return { prompt, cut: 0 };
  const kept = ids.slice(ids.length - room);
  if (bos) kept[0] = ids[0];
  return { prompt: kept, cut: ids.length - room };
}

/** Returns true when a text of `maxTokens` can be generated after `prompt` without a cut. */
export function fitsGeneration(model: EvalModel, prompt: string, maxTokens: number): boolean {
  return fitPrompt(model, prompt, maxTokens).cut === 0;
}
