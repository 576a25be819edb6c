/**
 * The settings of a run of the paper: sizes of world, model, training and scores.
 *
 * @module
 */

/** Everything that decides the result of a run, and its folder. */
export interface PaperSettings {
  /** Folder of the run. */
  out: string;
  /** The made-up world: its size and its seed. */
  world: { small: boolean; seed: number };
  /** Pieces of the tokenizer. */
  vocabSize: number;
  /** Shape of the model. */
  shape: { dim: number; layers: number; heads: number };
  /** Tokens that the model sees at once. */
  context: number;
  /** Pretraining: updates, tokens of a batch, peak rate, updates of warmup, updates between two looks at the scores. */
  pretrain: { steps: number; batchTokens: number; learningRate: number; warmup: number; scoreEvery: number };
  /** Instruction tuning: updates, tokens of a batch, peak rate. */
  instruct: { steps: number; batchTokens: number; learningRate: number };
  /** Windows of held-out text per source, whose loss is measured during pretraining. */
  heldWindows: number;
  /** Items of each benchmark that is watched during pretraining, from the first; undefined for all. */
  watchedItems?: number;
  /** Items of each benchmark at the end, from the first; undefined for all. */
  items?: number;
  /** Held-out instructions that are asked before and after tuning. */
  askedInstructions: number;
  /** Power of the device in watts; undefined to measure it, or to take the board's. */
  watts?: number;
}

/** Returns the settings of the small run (minutes on two CPU cores), or of the default one. */
export function paperSettings({ small, out, watts }: {
  small: boolean;
  out?: string;
  watts?: number;
}): PaperSettings {
  const shared = { vocabSize: 1024, context: 256, watts };
  return small
    ? {
      ...shared,
      out: out ?? "out/paper-small",
      world: { small, seed: 1 },
      shape: { dim: 64, layers: 3, heads: 4 },
      pretrain: { steps: 900, batchTokens: 512, learningRate: 5e-3, warmup: 50, scoreEvery: 180 },
      instruct: { steps: 250, batchTokens: 512, learningRate: 3e-3 },
      heldWindows: 4,
      watchedItems: 24,
      askedInstructions: 30,
    }
    : {
      ...shared,
      out: out ?? "out/paper",
      world: { small, seed: 1 },
      shape: { dim: 128, layers: 4, heads: 4 },
      pretrain: { steps: 2400, batchTokens: 512, learningRate: 3e-3, warmup: 100, scoreEvery: 400 },
      instruct: { steps: 600, batchTokens: 512, learningRate: 1e-3 },
      heldWindows: 8,
      watchedItems: 48,
      askedInstructions: 80,
    };
}
