/**
 * The ways to compare options of different lengths.
 *
 * @module
 */
import type { Likelihood } from "../models/eval_model.ts";
import type { Normalisation } from "../tasks/definition.ts";

/** A way to compare options. */
export interface Rule {
  /** In words. */
  words: string;
  /** A context that each option is scored after as well. */
  unconditionalContext?: string;
  /** The score of an option. */
  score(option: string, likelihood: Likelihood, alone?: Likelihood): number;
}

/** The rule of a task. Characters are code points: an emoji counts once. */
export function ruleOf(
  { normalisation = "characters", unconditionalContext = "Answer:" }: {
    normalisation?: Normalisation;
    unconditionalContext?: string;
  },
): Rule {
  switch (normalisation) {
    case "characters":
      return {
        words: "log-likelihood / characters",
        score: (option, { logProb }) => logProb / [...option].length,
      };
    case "ratio":
      return {
        words: `log-likelihood - log-likelihood after "${unconditionalContext}"`,
        unconditionalContext,
        // an option that cannot be stays so: -Infinity - -Infinity is no number
        score: (_, { logProb }, alone) => logProb === -Infinity ? logProb : logProb - alone!.logProb,
      };
    case "tokens":
      return {
        words: "lowest perplexity: log-likelihood / tokens",
        score: (_, { logProb, tokens }) => logProb / tokens,
      };
    case "sum":
      return { words: "log-likelihood", score: (_, { logProb }) => logProb };
  }
}
