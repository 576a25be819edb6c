/**
 * Whether a model fits what it is joined with: its tokenizer, its device.
 *
 * @module
 */
import { ConfigError, DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";

/** The tokenizer may not have more ids than the model; `path` names the file that asks for it. */
export function checkVocabulary(config: ModelConfig, tokenizer?: Tokenizer, path?: string): void {
  if (!tokenizer || tokenizer.vocabSize <= config.vocabSize) return;
  const at = path ? `${path}: ` : "";
  throw new ConfigError(
    `${at}Cannot join tokenizer and model: the tokenizer has ${tokenizer.vocabSize} ids, the model ${config.vocabSize}. ` +
      `Use the tokenizer that the model was trained with`,
    { path: "tokenizer" },
  );
}

/** The table of rotary angles is one binding; a file may ask for any context. */
export function checkContext({ context, dim, heads }: ModelConfig, { limits }: Device, file: string): void {
  const have = limits.maxStorageBufferBindingSize;
  const wanted = context * dim / heads * 4;
  if (wanted <= have) return;
  const longest = Math.floor(have / (dim / heads * 4));
  throw new DeviceError(
    `${file}: Cannot hold the angles of ${context} positions. Give Model.load(..., { context }) at most ${longest}`,
    { limit: "maxStorageBufferBindingSize", wanted, have },
  );
}
