/**
 * What is watched while training: the loss without its noise, the speed, and the share of the peak that is used.
 *
 * @module
 */
import { type LoraSettings, type ModelConfig, trainingFlop, WeightLayout } from "../../model/mod.ts";
import { loraFlop } from "../../model/training/lora_layout.ts";

/**
 * An exponential average without the pull of its start (Kingma and Ba 2014, section 3): value n is the mean of the
 * values before it, weighted by `decay` to the power of their age. Values that are not finite are left out.
 */
export class Smoothed {
  #sum = 0;
  #weight = 0;

  /** Weighs a value `decay` times as much as the one after it. */
  constructor(private readonly decay: number = 0.95) {}

  /** Takes a value in and gives the average. */
  push(value: number): number {
    if (Number.isFinite(value)) {
      this.#sum = this.decay * this.#sum + (1 - this.decay) * value;
      this.#weight = this.decay * this.#weight + (1 - this.decay);
    }
    return this.value;
  }

  /** The average; NaN before the first value. */
  get value(): number {
    return this.#weight === 0 ? NaN : this.#sum / this.#weight;
  }
}

/** Tokens a second over the last few seconds. */
export class Rate {
  readonly #marks: { seconds: number; tokens: number }[] = [];

  /** Looks back over `window` seconds. */
  constructor(private readonly window: number = 10) {}

  /** Takes in how many tokens were done at some second. */
  push(seconds: number, tokens: number): void {
    if (seconds < (this.#marks.at(-1)?.seconds ?? 0)) this.#marks.length = 0; // taken up from an earlier checkpoint
    this.#marks.push({ seconds, tokens });
    while (this.#marks.length > 2 && seconds - this.#marks[1].seconds >= this.window) this.#marks.shift();
  }

  /** Tokens a second; 0 before there are two marks. */
  get value(): number {
    const first = this.#marks[0];
    const last = this.#marks[this.#marks.length - 1];
    return last && last.seconds > first.seconds
      ? (last.tokens - first.tokens) / (last.seconds - first.seconds)
      : 0;
  }
}

/**
 * Model FLOPs utilisation (Chowdhery et al. 2022, appendix B): the FLOP/s that `tokensPerSecond` stand for as a share
 * of a known peak. Training adapters takes fewer.
 */
export function utilisation(
  config: ModelConfig,
  context: number,
  tokensPerSecond: number,
  peakFlops: number,
  lora?: LoraSettings,
): number {
  const flop = lora ? loraFlop(new WeightLayout(config), lora, context) : trainingFlop(config, context);
  return flop * tokensPerSecond / peakFlops;
}
