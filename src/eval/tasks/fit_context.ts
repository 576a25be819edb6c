/**
 * Whether a prompt fits the model's context, and what is cut where it does not.
 *
 * @module
 */
import { continued } from "./prompt.ts";
import type { EvalModel } from "../models/eval_model.ts";

/** True when `prompt` with `option` fits the context, or when the model cannot tell. Its last token is not read. */
export function fitsContext({ tokenizer, config }: EvalModel, prompt: string, option: string): boolean {
  if (!tokenizer || !config) return true;
  return tokenizer.encode(continued(prompt, option).join("")).length <= config.context;
}

/** A prompt to generate after. */
export interface FittedPrompt {
  /** The text as it is, or BOS and the last ids of it. */
  prompt: string | Uint32Array;
  /** Tokens that were cut off on the left. */
  cut: number;
}

/** Cuts `prompt` on the left until `maxTokens`, but not more than half of the context, can follow it. */
export function fitPrompt({ tokenizer, config }: EvalModel, prompt: string, maxTokens: number): FittedPrompt {
  if (!tokenizer || !config) return { prompt, cut: 0 };
  const ids = tokenizer.encode(prompt, { bos: true });
  const room = roomFor(config.context, maxTokens);
  if (ids.length <= room) return { prompt, cut: 0 };
  const kept = ids.slice(ids.length - room);
  kept[0] = ids[0];
  return { prompt: kept, cut: ids.length - room };
}

/** Tokens of a prompt, BOS included, that leave place for `maxTokens`. */
function roomFor(context: number, maxTokens: number): number {
  return Math.max(1, context - Math.min(maxTokens, Math.floor(context / 2)));
}

/** True when `prompt` needs no cut to generate after it, or when the model cannot tell. */
export function fitsGeneration(model: EvalModel, prompt: string, maxTokens: number): boolean {
  return fitPrompt(model, prompt, maxTokens).cut === 0;
}
