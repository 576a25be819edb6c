/**
 * The endless order of windows: the n-th one is a pure function of the seed and n, so resuming needs only a step number.
 *
 * Each block of 1,000 windows holds an exact quota of every source (`block_quotas.ts`), in an order of its own;
 * the windows of a source follow a pseudo-random permutation that changes every epoch (a Feistel network with cycle
 * walking, Black and Rogaway 2002). Nothing is stored, whatever the number of windows.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import type { MixShare } from "../plan/plan.ts";
import { BlockQuotas, blockSize } from "./block_quotas.ts";

/** Rounds of the Feistel network. */
const rounds = 6;

/** Mixes `value` into `hash`, 32 bits (the finaliser of MurmurHash3 around each word). */
export function mixHash(hash: number, value: number): number {
  let h = Math.imul(hash ^ value, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Returns the place of `i` in the pseudo-random permutation of [0, n) that belongs to `key`; n up to 2^52. */
export function permute(i: number, n: number, key: number): number {
  let half = 2;
  while (half * half < n) half *= 2;
  let x = i;
  // The network permutes [0, half^2); walking on from values outside [0, n) leaves a permutation of [0, n).
  do x = feistel(x, half, key); while (x >= n);
  return x;
}

function feistel(x: number, half: number, key: number): number {
  let left = Math.floor(x / half);
  let right = x % half;
  for (let round = 0; round < rounds; round++) {
    const mixed = (left + mixHash(mixHash(key, round), right)) % half;
    left = right;
    right = mixed;
  }
  return left * half + right;
}

/** A source of which windows are drawn. */
export interface OrderedSource extends MixShare {
  /** Its distinct windows. */
  readonly windows: number;
}

/** One drawn window. */
interface Draw {
  /** Index of the source. */
  source: number;
  /** Number of times that the source was read before. */
  epoch: number;
  /** Index of the window in the source. */
  window: number;
}

/** The endless order of the windows of one mixture under one seed. */
export class WindowOrder {
  readonly #sources: readonly OrderedSource[];
  readonly #seed: number;
  readonly #quotas: BlockQuotas;
  #block?: { index: number; before: number[]; sources: Uint16Array; ranks: Uint16Array };

  /**
   * Makes the order.
   *
   * @throws {DataError} when a source has no window
   * @throws {ConfigError} when a weight is too small to be counted
   */
  constructor(sources: readonly OrderedSource[], seed: number) {
    const empty = sources.find(({ windows }) => windows === 0);
    if (empty) {
      throw new DataError(
        `Cannot draw windows of ${empty.name}: it is shorter than one window; lower context or give more text`,
        { source: empty.name },
      );
    }
    this.#sources = sources;
    this.#seed = seed >>> 0;
    this.#quotas = new BlockQuotas(sources);
  }

  /** Returns the n-th window, n from 0; in file order within each source when `shuffle` is false. */
  at(n: number, shuffle = true): Draw {
    const { source, rank } = this.#rankOf(n);
    const { windows } = this.#sources[source];
    const epoch = Math.floor(rank / windows);
    const step = rank % windows;
    if (!shuffle) return { source, epoch, window: step };
    const key = mixHash(mixHash(mixHash(this.#seed, 0x5eed), source), epoch);
    return { source, epoch, window: permute(step, windows, key) };
  }

  /** Returns the number of windows of each source among the first `n`. */
  drawn(n: number): number[] {
    const whole = Math.floor(n / blockSize);
    const rest = n % blockSize;
    if (this.#sources.length === 1) return [n];
    const { before, sources } = this.#blockAt(whole);
    const counts = [...before];
    for (let k = 0; k < rest; k++) counts[sources[k]]++;
    return counts;
  }

  /** Returns the largest n for which no source passes its `maxEpochs`, and the source that stops there; else Infinity. */
  largest(): { windows: number; source?: string } {
    let min: { windows: number; source?: string } = { windows: Infinity };
    this.#sources.forEach(({ name, windows, maxEpochs }, s) => {
      if (maxEpochs === undefined) return;
      const n = this.#placeOf(s, Math.floor(maxEpochs * windows));
      if (n < min.windows) min = { windows: n, source: name };
    });
    return min;
  }

  /** Returns the n at which source `s` is drawn and was drawn `rank` times before. */
  #placeOf(s: number, rank: number): number {
    if (this.#sources.length === 1) return rank;
    const block = this.#quotas.blockOf(s, rank);
    const { before, sources, ranks } = this.#blockAt(block);
    const within = rank - before[s];
    return block * blockSize + sources.findIndex((source, k) => source === s && ranks[k] === within);
  }

  #rankOf(n: number): { source: number; rank: number } {
    if (this.#sources.length === 1) return { source: 0, rank: n };
    const { before, sources, ranks } = this.#blockAt(Math.floor(n / blockSize));
    const source = sources[n % blockSize];
    return { source, rank: before[source] + ranks[n % blockSize] };
  }

  /**
   * Returns the windows of each source before a block, and the source of each place in it with its number of earlier places
   * there. The last block asked for is kept.
   */
  #blockAt(index: number): { before: number[]; sources: Uint16Array; ranks: Uint16Array } {
    if (this.#block?.index === index) return this.#block;
    const sources = new Uint16Array(blockSize);
    const ranks = new Uint16Array(blockSize);
    const key = mixHash(mixHash(this.#seed, 0xb10c), index);
    let slot = 0;
    this.#quotas.of(index).forEach((quota, s) => {
      for (let i = 0; i < quota; i++) sources[permute(slot++, blockSize, key)] = s;
    });
    const seen = this.#sources.map(() => 0);
    for (let k = 0; k < blockSize; k++) ranks[k] = seen[sources[k]]++;
    this.#block = { index, before: this.#quotas.before(index), sources, ranks };
    return this.#block;
  }
}
