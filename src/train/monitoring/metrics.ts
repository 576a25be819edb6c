/**
 * Metrics of a run: the smoothed loss, the speed, and the share of the device's peak that is used.
 *
 * @module
 */
import { type LoraSettings, type ModelConfig, trainingFlop, WeightLayout } from "../../model/mod.ts";
import { loraFlop } from "../../model/training/lora_layout.ts";

/**
 * An exponential average without the bias of its start (Kingma and Ba 2014, section 3): the mean of all values so far,
 * weighted by `decay` to the power of their age. Values that are not finite are left out.
 */
export class Smoothed {
  readonly #decay: number;
  #sum = 0;
  #weight = 0;

  /** Weighs a value `decay` times as much as the one after it. */
  constructor(decay: number = 0.95) {
    this.#decay = decay;
  }

  /** Adds a value and returns the average. */
  push(value: number): number {
    if (Number.isFinite(value)) {
      this.#sum = this.#decay * this.#sum + (1 - this.#decay) * value;
      this.#weight = this.#decay * this.#weight + (1 - this.#decay);
    }
    return this.value;
  }

  /** The average; NaN before the first value. */
  get value(): number {
    return this.#weight === 0 ? NaN : this.#sum / this.#weight;
  }
}

/** The tokens per second over the last few seconds. */
export class Rate {
  readonly #window: number;
  readonly #marks: { seconds: number; tokens: number }[] = [];

  /** Looks back over `window` seconds. */
  constructor(window: number = 10) {
    this.#window = window;
  }

  /** Adds a mark: `tokens` were done after `seconds`. */
  push(seconds: number, tokens: number): void {
    if (seconds < (this.#marks.at(-1)?.seconds ?? 0)) this.#marks.length = 0; // resumed from an earlier checkpoint
    this.#marks.push({ seconds, tokens });
    while (this.#marks.length > 2 && seconds - this.#marks[1].seconds >= this.#window) this.#marks.shift();
  }

  /** Tokens per second; 0 before there are two marks. */
  get value(): number {
    const first = this.#marks[0];
    const last = this.#marks[this.#marks.length - 1];
    return last && last.seconds > first.seconds
      ? (last.tokens - first.tokens) / (last.seconds - first.seconds)
      : 0;
  }
}

/**
 * Returns the model FLOPs utilisation (Chowdhery et al. 2022, appendix B): the FLOP/s of `tokensPerSecond` as a
 * share of a known peak. Training LoRA adapters takes fewer FLOPs per token than training all weights.
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
