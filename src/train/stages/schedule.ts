/**
 * The learning rate of each update [paper 2.3]: linear warmup, then a cosine decay to a tenth of the peak.
 *
 *     t <= W:  peak t / W
 *     t > W:   low + (peak - low) / 2 (1 + cos(pi (t - W) / (T - W)))
 *
 * where t is the update counted from 1, W the warmup, T the updates of the stage, and low the rate at its end,
 * which stays from t = T on. The linear form of the warmup is an assumption: the paper does not say.
 *
 * @module
 */

/** The shape of a stage's learning rate. */
export interface Schedule {
  /** Highest learning rate, reached at update `warmup`. */
  peak: number;
  /** Learning rate of the last update. */
  low: number;
  /** Updates of the warmup; 0 for none. */
  warmup: number;
  /** Updates of the stage. */
  total: number;
}

/** Returns the learning rate of update `t`, counted from 1. */
export function learningRateAt(t: number, { peak, low, warmup, total }: Schedule): number {
  if (t <= warmup) return peak * t / warmup;
  if (t >= total) return low;
  return low + 0.5 * (peak - low) * (1 + Math.cos(Math.PI * (t - warmup) / (total - warmup)));
}

/** Updates of the warmup in the paper. */
const paperWarmup = 2000;

/** Returns the paper's warmup, or a tenth of the updates of a shorter stage, at least one. */
export function defaultWarmup(total: number): number {
  return Math.max(1, Math.min(paperWarmup, Math.round(total / 10)));
}

/** Updates below which a stage is too short for a warmup and a decay to do their work. [ours] */
export const minUpdates = 20;

/** Returns the warning of a stage that is too short; undefined for a longer one. */
export function shortStageWarning(name: string, steps: number): string | undefined {
  if (steps >= minUpdates) return undefined;
  return `${name} is only ${steps} ${
    steps === 1 ? "update" : "updates"
  }; fewer than ${minUpdates} teach a model little: ` +
    "train for longer, or lower batchTokens";
}

/** Returns the warmup of instruction tuning: 3 % of the updates, at least one [ours]. */
export function instructWarmup(total: number): number {
  return Math.max(1, Math.round(total * 0.03));
}
