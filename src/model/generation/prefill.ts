/**
 * Prefill: the keys and values of a prompt, many positions at a time. What a prompt has in common with the beginning of
 * the one before is not put through again: samples of one prompt and few-shot prompts cost little more than one.
 *
 * @module
 */
import type { Recorder, Tensor } from "../../gpu/mod.ts";
import { CachedSequence } from "./sequence_cache.ts";
import type { ModelState } from "../model_state.ts";

/** Shortest program; others are twice, four times ... as long, so that programs are few. */
const shortest = 32;

/** The keys and values of one sequence. */
export class Prefill {
  /** Places in the cache: more than asked for, since padding may stand behind the last position. */
  readonly keys: number;
  /** Positions put through so far. */
  fed = 0;
  readonly #sequence: CachedSequence<Record<string, never>>;
  #held: Uint32Array = new Uint32Array();

  /** Allocates the cache for `length` positions. */
  constructor(model: ModelState, length: number) {
    this.keys = Math.ceil(length / 8) * 8 + shortest;
    this.#sequence = new CachedSequence(model, "prefill", this.keys, onlyFill);
  }

  /** [keys, 2 KV E] for each layer. */
  get cache(): Tensor[] {
    return this.#sequence.layers;
  }

  /** Makes the first `ids.length` places hold the keys and values of these ids. */
  async hold(ids: Uint32Array): Promise<void> {
    let past = 0;
    while (past < ids.length && ids[past] === this.#held[past]) past++;
    this.fed += ids.length - past;
    this.#held = ids.slice();
    while (past < ids.length) {
      const length = this.#piece(ids.length - past, past);
      const part = ids.subarray(past, past + length);
      const { batch, program } = await this.#sequence.program(length);
      batch.fill([{ ids: part, cachedTokens: past }]);
      program.replay();
      past += part.length;
    }
  }

  /** The shortest program that takes all that is left, or the longest that does not go beyond the cache. */
  #piece(left: number, past: number): number {
    let length = shortest;
    while (length < left && past + 2 * length <= this.keys) length *= 2;
    return length;
  }

  /** Gives cache and programs back. */
  dispose(): void {
    this.#sequence.dispose();
  }
}

/** Only what fills the cache is wanted, not what the last layer makes of it. */
function onlyFill({ calls }: Recorder): Record<string, never> {
  calls.splice(calls.findLastIndex(({ args }) => args.cache !== undefined) + 1);
  return {};
}
