/**
 * The part of a model that one process holds, where several hold one copy of it (Korthikanti and others 2022).
 *
 * A block is cut by heads and by lines of the feed-forward width. Every process holds tensors of the same shapes: where the
 * number of processes does not divide the feed-forward width, lines of zeros stand behind the shorter parts.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";

/** One of `of` equal parts of a model. */
export interface Shard {
  /** Number of the part, counted from 0. */
  readonly rank: number;
  /** Number of parts. */
  readonly of: number;
}

/** The part that is the whole model. */
export const wholeModel: Shard = { rank: 0, of: 1 };

/** The fields of a configuration that a cut concerns. */
interface CutShape {
  readonly dim: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly hidden: number;
}

/** Returns the numbers in a head of a configuration, that of the whole model. */
export function headDim({ dim, heads }: { readonly dim: number; readonly heads: number }): number {
  return dim / heads;
}

/**
 * Returns the lines of a matrix in memory, of the feed-forward width or the vocabulary: rounded up to eights where the
 * width of the model is a multiple of eight itself.
 */
export function paddedLines(lines: number, { dim }: { readonly dim: number }): number {
  return dim % 8 === 0 ? Math.ceil(lines / 8) * 8 : lines;
}

/** The part of every block that a shard holds. */
export interface HeldBlock {
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads. */
  readonly kvHeads: number;
  /** First line of the feed-forward width. */
  readonly firstLine: number;
  /** Lines of the feed-forward width. */
  readonly lines: number;
  /** Those lines and the lines of zeros behind them, as many on every process. */
  readonly paddedLines: number;
}

/** Returns the part of every block that a shard holds. */
export function heldBlock(config: CutShape, { rank, of }: Shard): HeldBlock {
  const border = (rank: number) => Math.floor(rank * config.hidden / of);
  return {
    heads: config.heads / of,
    kvHeads: config.kvHeads / of,
    firstLine: border(rank),
    lines: border(rank + 1) - border(rank),
    paddedLines: paddedLines(Math.ceil(config.hidden / of), config),
  };
}

/** Returns the numbers of processes that can hold a configuration together. */
export function fittingShards({ heads, kvHeads, hidden }: CutShape): number[] {
  const fits = (of: number) => heads % of === 0 && kvHeads % of === 0 && of <= hidden;
  return Array.from({ length: kvHeads }, (_, i) => i + 1).filter(fits);
}

/**
 * Refuses a number of processes that cannot hold a configuration together.
 *
 * @param path the option that gave it, for errors
 * @throws {ConfigError} naming the numbers that fit
 */
export function checkShards(config: CutShape, of: number, path: string): void {
  const fitting = fittingShards(config);
  if (fitting.includes(of)) return;
  throw new ConfigError(
    `Cannot use ${path}: it must divide heads and kvHeads, which are ${config.heads} and ${config.kvHeads}: ` +
      `${fitting.join(", ")}, current value is ${of}`,
    { path, value: of },
  );
}
