/**
 * Metrics of a run: the speed, the work beside the steps, and the share of the device's peak that is used.
 *
 * @module
 */
import { type LoraSettings, type ModelConfig, trainingFlop, WeightLayout } from "../../model/mod.ts";
import { loraFlop } from "../../model/training/lora_layout.ts";

/** Seconds of a run's work that were no steps, by their kind. */
export interface OtherWork {
  /** Reading data, compiling, and reading the checkpoint that it goes on from. */
  preparing?: number;
  /** Measuring the loss on validation data. */
  validation?: number;
  /** Evaluations. */
  evaluation?: number;
  /** Writing samples. */
  samples?: number;
  /** Writing checkpoints. */
  saving?: number;
}

/** Returns the seconds of work that were no steps. */
export function otherSeconds(otherWork: OtherWork): number {
  return Object.values(otherWork).reduce((sum: number, seconds: number) => sum + seconds, 0);
}

/** Returns the tokens per second of a run as a whole; 0 before it did anything. */
export function meanSpeed({ tokens, seconds }: { tokens: number; seconds: number }): number {
  return seconds > 0 ? tokens / seconds : 0;
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
