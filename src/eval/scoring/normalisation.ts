/**
 * The rules that compare options of different lengths by their log-likelihoods.
 *
 * @module
 */
import type { Likelihood } from "../models/eval_model.ts";
import type { ChoiceDefinition } from "../tasks/definition.ts";

/** A rule that turns the likelihood of an option into the score by which options are compared. */
export interface ScoringRule {
  /** The rule in words, for the protocol. */
  description: string;
  /** A second context after which each option is scored too; `score` gets that likelihood as `unconditional`. */
  unconditionalContext?: string;
  /** Returns the score of an option, in nats or in nats per character or token; the largest one is the choice. */
  score(option: string, likelihood: Likelihood, unconditional?: Likelihood): number;
}

/** Returns the scoring rule of a task. Characters are Unicode code points: an emoji counts once. */
export function scoringRule(
  { normalisation = "characters", unconditionalContext = "Answer:" }: Pick<
    ChoiceDefinition<never>,
    "normalisation" | "unconditionalContext"
  >,
): ScoringRule {
  switch (normalisation) {
    case "characters":
      return {
        description: "log-likelihood / characters",
        score: (option, { logProb }) => logProb / [...option].length,
      };
    case "ratio":
      return {
        description: `log-likelihood - log-likelihood after "${unconditionalContext}"`,
        unconditionalContext,
        // An impossible option stays impossible: -Infinity - -Infinity would be NaN.
        score: (_, { logProb }, unconditional) =>
          logProb === -Infinity ? logProb : logProb - unconditional!.logProb,
      };
    case "tokens":
      return {
        description: "lowest perplexity: log-likelihood / tokens",
        score: (_, { logProb, tokens }) => logProb / tokens,
      };
    case "sum":
      return { description: "log-likelihood", score: (_, { logProb }) => logProb };
  }
}
