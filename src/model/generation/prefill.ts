/**
 * Prefill: computes the keys and values of a prompt, many positions at a time.
 *
 * The beginning that a prompt shares with the one before is not computed again, so that many samples of one prompt, or of
 * few-shot prompts with the same examples, cost little more than one.
 *
 * @module
 */
import type { Group } from "../../base/exchange.ts";
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import { programPositions } from "../architecture/positions_at_once.ts";
import { runProgram } from "../exchange_rows.ts";
import { type ModelHandle, stateOf } from "../model_state.ts";
import { CachedSequence } from "./sequence_cache.ts";

/** Positions of the shortest program; longer ones have twice, four times ... as many, so that programs are few. [ours] */
const shortestProgram = 32;

/** Positions of the longest program: more are no faster, and their activations take memory. [ours] */
const longestProgram = 2048;

/** The keys and values of one sequence. */
export class Prefill {
  /** Rows of the cache: more than `length`, since padding may follow the last position. */
  readonly keys: number;
  /** Positions computed so far, of all prompts. */
  computedTokens = 0;
  readonly #sequence: CachedSequence<Record<string, never>>;
  readonly #longest: number;
  readonly #group: Group;
  #cachedIds: Uint32Array = new Uint32Array();

  /** Allocates the cache for `length` positions. */
  constructor(model: ModelHandle, length: number) {
    this.keys = Math.ceil(length / 8) * 8 + shortestProgram;
    this.#longest = programPositions(model.config, model.device.limits, longestProgram);
    this.#group = stateOf(model).group;
    this.#sequence = new CachedSequence(model, "prefill", this.keys, dropAfterCache);
  }

  /** [keys, 2 KV E] keys and values of each layer. */
  get cache(): Tensor[] {
    return this.#sequence.layers;
  }

  /** Makes the first `ids.length` rows of the cache the keys and values of these ids. */
  async load(ids: Uint32Array): Promise<void> {
    let cachedTokens = 0;
    while (cachedTokens < ids.length && ids[cachedTokens] === this.#cachedIds[cachedTokens]) cachedTokens++;
    this.computedTokens += ids.length - cachedTokens;
    this.#cachedIds = ids.slice();
    while (cachedTokens < ids.length) {
      const length = this.#programLength(ids.length - cachedTokens, cachedTokens);
      const part = ids.subarray(cachedTokens, cachedTokens + length);
      const { batch, program } = await this.#sequence.program(length);
      batch.fill([{ ids: part, cachedTokens }]);
      await runProgram(program, this.#group);
      cachedTokens += part.length;
    }
  }

  /** Returns the length of the shortest program that takes all missing tokens, or the longest that fits cache and device. */
  #programLength(missingTokens: number, cachedTokens: number): number {
    let length = Math.min(shortestProgram, this.#longest);
    const longest = Math.min(this.#longest, this.keys - cachedTokens);
    while (length < missingTokens && 2 * length <= longest) length *= 2;
    return length;
  }

  /** Frees cache and programs. */
  dispose(): void {
    this.#sequence.dispose();
  }
}

/** Removes the calls after the last write to the cache: the output of the last layer is not needed. */
function dropAfterCache({ calls }: Recorder): Record<string, never> {
  calls.splice(calls.findLastIndex(({ args }) => args.cache !== undefined) + 1);
  return {};
}
