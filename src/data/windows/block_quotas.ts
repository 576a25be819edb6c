/**
 * Quotas of the sources in each block of 1,000 windows, with the fractions of their shares carried from block to block.
 *
 * A share of 1.5 windows per block gives 1 and 2 windows by turns. Every block holds the whole part of each share or one
 * window more, and after every block each source has been drawn its exact share to less than one window. The
 * windows that are one more are placed by the rules of proportionate fair scheduling (PF: Baruah, Cohen, Plaxton and
 * Varvel 1996), with the sources as tasks and the blocks as slots.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import type { MixShare } from "../plan/plan.ts";

/** The number of windows in a block. */
export const blockSize = 1000;

/** The parts of a window in which shares are counted: a fraction of a share is a whole number of them. */
const unit = 1e9;

/** Blocks between two states that are kept, from which later blocks are reached. */
const blocksPerState = 256;

/** Later windows of two sources that are compared before the order of the sources decides. */
const maxCompared = 64;

/** The state before a block: what each source was drawn beyond whole shares, and by how much it is behind. */
interface State {
  /** Windows beyond the whole part of the share in each earlier block. */
  extra: number[];
  /** Units that the source is behind its exact share; between -unit and unit. */
  lag: number[];
}

/** The quotas of all blocks of one mixture; a pure function of the weights. */
export class BlockQuotas {
  readonly #whole: number[];
  readonly #fraction: number[];
  /** Windows in each block that are beyond whole shares. */
  readonly #extraPerBlock: number;
  readonly #states: State[];
  #last: { block: number; state: State };

  /**
   * Makes the quotas of sources whose weights sum to 1.
   *
   * @throws {ConfigError} when a weight is too small to be counted
   */
  constructor(sources: readonly MixShare[]) {
    const shares = sources.map(({ weight }) => Math.round(weight * blockSize * unit));
    const rare = shares.indexOf(0);
    if (rare >= 0) {
      const { name, weight } = sources[rare];
      throw new ConfigError(
        `Cannot mix ${name}: its share must be at least ${
          1 / (blockSize * unit)
        }, current value is ${weight}`,
        { path: `Dataset.mix.${name}.weight`, value: weight },
      );
    }
    const sum = shares.reduce((total, share) => total + share, 0);
    shares[shares.indexOf(Math.max(...shares))] += blockSize * unit - sum; // the rounding of the weights
    this.#whole = shares.map((share) => Math.floor(share / unit));
    this.#fraction = shares.map((share) => share % unit);
    this.#extraPerBlock = this.#fraction.reduce((total, part) => total + part, 0) / unit;
    this.#states = [{ extra: shares.map(() => 0), lag: shares.map(() => 0) }];
    this.#last = { block: 0, state: this.#states[0] };
  }

  /** Returns the number of windows of each source in a block. */
  of(block: number): number[] {
    const next = this.before(block + 1);
    return this.before(block).map((count, s) => next[s] - count);
  }

  /** Returns the number of windows of each source in all blocks before `block`. */
  before(block: number): number[] {
    if (this.#extraPerBlock === 0) return this.#whole.map((whole) => whole * block);
    const { extra } = this.#stateAt(block);
    return this.#whole.map((whole, s) => whole * block + extra[s]);
  }

  /** Returns the block in which a source is drawn after being drawn `rank` times before. */
  blockOf(source: number, rank: number): number {
    const perBlock = this.#whole[source] + this.#fraction[source] / unit;
    let block = Math.max(0, Math.floor((rank - 1) / perBlock) - 1);
    while (this.before(block + 1)[source] <= rank) block++;
    return block;
  }

  #stateAt(block: number): State {
    const kept = Math.min(Math.floor(block / blocksPerState), this.#states.length - 1);
    const isNear = this.#last.block <= block && this.#last.block >= kept * blocksPerState;
    let { block: at, state } = isNear
      ? this.#last
      : { block: kept * blocksPerState, state: this.#states[kept] };
    while (at < block) {
      state = this.#after(state);
      at++;
      if (at === this.#states.length * blocksPerState) this.#states.push(state);
      // The block before is kept too, because a quota is the difference of two.
      if (at === block - 1 || block - at > blocksPerState) this.#last = { block: at, state };
    }
    return state;
  }

  /** Gives the windows beyond whole shares to the sources whose next one is due first. */
  #after({ extra, lag }: State): State {
    const open = this.#fraction.flatMap((part, s) => part > 0 && lag[s] + part > 0 ? [s] : []);
    open.sort((a, b) => this.#compare(lag, a, b));
    const chosen = new Set(open.slice(0, this.#extraPerBlock));
    return {
      extra: extra.map((count, s) => chosen.has(s) ? count + 1 : count),
      lag: lag.map((behind, s) => behind + this.#fraction[s] - (chosen.has(s) ? unit : 0)),
    };
  }

  /** Compares two sources by the blocks until their next windows are due, then by the windows after them. */
  #compare(lag: readonly number[], a: number, b: number): number {
    for (let ahead = 1; ahead <= maxCompared; ahead++) {
      const [partsA, partsB] = [ahead * unit - lag[a], ahead * unit - lag[b]];
      const [dueA, dueB] = [Math.ceil(partsA / this.#fraction[a]), Math.ceil(partsB / this.#fraction[b])];
      if (dueA !== dueB) return dueA - dueB;
      const [overlapsA, overlapsB] = [partsA % this.#fraction[a] !== 0, partsB % this.#fraction[b] !== 0];
      if (overlapsA !== overlapsB) return overlapsA ? -1 : 1;
      if (!overlapsA) break;
    }
    return a - b;
  }
}
