/**
 * The number of positions that one program computes without gradients.
 *
 * Attention reads queries, keys and values of all positions in one binding and writes its statistics to another, and the
 * feed-forward block writes its widest activation to one buffer: long texts and many of them are computed by several
 * programs.
 *
 * @module
 */
import type { DeviceLimits } from "../../gpu/mod.ts";
import type { ModelConfig } from "./config.ts";
import { headDim, paddedLines } from "./shard.ts";

/** Numbers that attention keeps of each row and head for the backward pass. */
const statsOfHead = 4;

/** Returns the largest number of positions that a device computes at once, at least 1 and at most `most`. */
export function positionsAtOnce(
  config: ModelConfig,
  { maxBufferSize, maxStorageBufferBindingSize }: DeviceLimits,
  most: number,
): number {
  const { heads, kvHeads } = config;
  const qkv = headDim(config) * (heads + 2 * kvHeads);
  const bound = maxStorageBufferBindingSize / (4 * Math.max(qkv, statsOfHead * heads));
  const held = maxBufferSize / (4 * Math.max(qkv, 2 * paddedLines(config.hidden, config)));
  return Math.max(1, Math.floor(Math.min(most, bound, held)));
}

/** Returns {@linkcode positionsAtOnce} rounded down to a power of two, so that programs of few lengths are needed. */
export function programPositions(config: ModelConfig, limits: DeviceLimits, most: number): number {
  return 2 ** Math.floor(Math.log2(positionsAtOnce(config, limits, most)));
}
