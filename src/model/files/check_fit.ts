/**
 * Checks that tokenizer and device suit a model.
 *
 * @module
 */
import { ConfigError, DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";

/**
 * Refuses a tokenizer with more ids than the model.
 *
 * @param file the model's file, for the error
 * @throws {ConfigError} with both numbers
 */
export function checkVocabulary(config: ModelConfig, tokenizer?: Tokenizer, file?: string): void {
  if (!tokenizer || tokenizer.vocabSize <= config.vocabSize) return;
  const where = file ? `${file}: ` : "";
  throw new ConfigError(
    `${where}Cannot use the tokenizer: it has ${tokenizer.vocabSize} ids, the model ${config.vocabSize}. ` +
      `Use the tokenizer that the model was trained with`,
    { path: "tokenizer" },
  );
}

/**
 * Refuses a context whose table of rotary angles is larger than one binding of the device.
 *
 * @throws {DeviceError} with the largest context that fits
 */
export function checkContext({ context, dim, heads }: ModelConfig, { limits }: Device, file: string): void {
  const have = limits.maxStorageBufferBindingSize;
  const wanted = context * dim / heads * 4;
  if (wanted <= have) return;
  const maxContext = Math.floor(have / (dim / heads * 4));
  throw new DeviceError(
    `${file}: Cannot hold the angles of ${context} positions. Give Model.load(..., { context }) at most ${maxContext}`,
    { limit: "maxStorageBufferBindingSize", wanted, have },
  );
}
