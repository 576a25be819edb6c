/**
 * Checks that tokenizer and device suit a model.
 *
 * @module
 */
import { ConfigError, DeviceError } from "../../base/errors.ts";
import type { Device } from "../../gpu/mod.ts";
import type { Tokenizer } from "../../tokenizer/mod.ts";
import type { ModelConfig } from "../architecture/config.ts";
import { headDim } from "../architecture/shard.ts";

/** Most ids that the tokenizer of a loaded model may have beyond the model's. [ours] */
const maxExtraIds = 1024;

/** Origin of a tokenizer. */
interface TokenizerOrigin {
  /** The model's file, for the error. */
  file?: string;
  /** True for the tokenizer that is stored with the model. */
  stored?: boolean;
}

/**
 * Refuses a tokenizer with more ids than the model, except for special tokens such as a `[PAD]` that was added to the
 * files; the tokenizer stored with a model may have others as well. They are refused where a text has them.
 *
 * @throws {ConfigError} with both numbers
 */
export function checkVocabulary(
  config: ModelConfig,
  tokenizer?: Tokenizer,
  { file, stored }: TokenizerOrigin = {},
): void {
  const extra = (tokenizer?.vocabSize ?? 0) - config.vocabSize;
  if (!tokenizer || extra <= 0) return;
  const ids = extra > maxExtraIds ? [] : Array.from({ length: extra }, (_, i) => config.vocabSize + i);
  if (ids.length > 0 && file && (stored || ids.every((id) => tokenizer.isSpecial(id)))) return;
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
export function checkContext(config: ModelConfig, { limits }: Device, file: string): void {
  const have = limits.maxStorageBufferBindingSize;
  const { context } = config;
  const rowBytes = headDim(config) * 4;
  const wanted = context * rowBytes;
  if (wanted <= have) return;
  const maxContext = Math.floor(have / rowBytes);
  throw new DeviceError(
    `${file}: Cannot hold the angles of ${context} positions. Give Model.load(..., { context }) at most ${maxContext}`,
    { limit: "maxStorageBufferBindingSize", wanted, have },
  );
}

/** Returns the error for a `ropeFactor` that has no use. */
export function needlessFactor(reason: string): ConfigError {
  return new ConfigError(`Cannot use ropeFactor: ${reason}`, { path: "ropeFactor" });
}
