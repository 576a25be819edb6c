/**
 * The mixture of Table 1 [paper 2.1]: seven sources with their shares of the training tokens.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest, wrongArgument } from "../../base/schema.ts";
import type { Document } from "../document.ts";
import { type MixEntry, type MixOptions, mixPlan } from "../steps/mix.ts";
import type { DatasetPlan } from "../plan/plan.ts";

/** A dataset per source of the paper; the share of a missing source goes to the others. */
export interface LlamaSources {
  /** 67 %, read 1.10 times. */
  commonCrawl?: { readonly plan: DatasetPlan<Document> };
  /** 15 %, read 1.06 times. */
  c4?: { readonly plan: DatasetPlan<Document> };
  /** 4.5 %, read 0.64 times. */
  github?: { readonly plan: DatasetPlan<Document> };
  /** 4.5 %, read 2.45 times. */
  wikipedia?: { readonly plan: DatasetPlan<Document> };
  /** 4.5 %, read 2.23 times. */
  books?: { readonly plan: DatasetPlan<Document> };
  /** 2.5 %, read 1.06 times. */
  arxiv?: { readonly plan: DatasetPlan<Document> };
  /** 2 %, read 1.03 times. */
  stackExchange?: { readonly plan: DatasetPlan<Document> };
}

/** Shares of the training tokens, in percent. */
const weights: Record<keyof LlamaSources, number> = {
  commonCrawl: 67,
  c4: 15,
  github: 4.5,
  wikipedia: 4.5,
  books: 4.5,
  arxiv: 2.5,
  stackExchange: 2,
};

/**
 * Plans the paper's mixture of `sources`.
 *
 * @throws {ConfigError} for a source that is not one of the seven
 */
export function llamaPlan(sources: LlamaSources, options?: MixOptions): DatasetPlan<Document> {
  if (typeof sources !== "object" || sources === null) {
    throw wrongArgument("Dataset.llama", "the seven sources by name", sources);
  }
  const known = Object.keys(weights);
  const entries: Record<string, MixEntry<Document>> = {};
  for (const [name, from] of Object.entries(sources)) {
    if (!known.includes(name)) {
      const hint = nearest(name, known) ?? known.join(", ");
      throw new ConfigError(`Cannot use Dataset.llama.${name}: unknown source, did you mean ${hint}?`, {
        path: `Dataset.llama.${name}`,
      });
    }
    if (from) entries[name] = { from, weight: weights[name as keyof LlamaSources] };
  }
  return mixPlan(entries, options);
}
