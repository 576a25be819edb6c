/**
 * Token datasets: cold plans for windows of tokens, made of text or of rows of ids.
 *
 * @module
 */
import { Displayable } from "../../display/display.ts";
import type { LineageStep } from "../plan/fingerprint.ts";
import { TokenDatasetStats } from "../reports/token_stats.ts";
import type { HeldOut, HoldOutOptions } from "../validation/hold_out.ts";
import type { PreparedTokens } from "../windows/prepared_tokens.ts";
import type { PrepareOptions } from "../windows/window.ts";

/** Settings of `TokenDataset.stats`. */
export interface TokenStatsOptions extends PrepareOptions {
  /** Number of drawn windows whose shares are shown; default: as many as are distinct. */
  windows?: number;
  /** Seed of their order; default 42. */
  seed?: number;
}

/** The key of the method by which a trainer holds out validation data. */
export const holdOut: unique symbol = Symbol("holdOut");

/**
 * A cold plan for tokens: nothing is tokenized before `prepare`.
 *
 * ```ts
 * import { Dataset, Tokenizer } from "@llamero/sdk";
 *
 * const corpus = Dataset.sample("moby-dick").take(5);
 * const tokenizer = await Tokenizer.train(corpus, { vocabSize: 400 });
 * const tokens = corpus.tokenize(tokenizer, { context: 64, dir: await Deno.makeTempDir() });
 * const prepared = await tokens.prepare();
 * console.log(prepared.windows, tokenizer.decode(prepared.windowAt(0, 42).ids));
 * prepared.close();
 * ```
 */
export abstract class TokenDataset extends Displayable {
  /** Positions of a window; its ids are one more. */
  abstract readonly context: number;
  /** True when attention stops at document borders. Conversations are always packed so, whatever this says before they are read. */
  abstract readonly documentMask: boolean;
  /** Every id is below it. */
  abstract readonly vocabSize: number;
  /** Fingerprint of the tokenizer that made the ids; undefined for rows of ids. */
  abstract readonly tokenizer: string | undefined;
  /** Identity of the data, the tokenizer and the options: 32 hex digits. */
  abstract get fingerprint(): string;
  /** The identities of all steps, readers first, so that two datasets can be compared to the step that differs. */
  abstract get lineage(): LineageStep[];
  /**
   * Builds the shards, or opens them where they were built before. The caller closes the result.
   *
   * @throws {DataError} when nothing is left to tokenize, or a record cannot be tokenized
   * @throws {FormatError} when shards that were built before are damaged
   */
  abstract prepare(options?: PrepareOptions): Promise<PreparedTokens>;
  /** The plan as JSON. */
  abstract toJSON(): Record<string, unknown>;

  /**
   * Splits the data into a part to train on and a part to measure with, before anything is packed.
   *
   * @throws {DataError} for a one-shot iterator, which cannot be read again for the training itself
   * @internal
   */
  abstract [holdOut](options: HoldOutOptions): Promise<HeldOut<TokenDataset>>;

  /** Prepares the tokens, counts them, and shows the asked and the drawn share of each source. */
  async stats({ windows, seed = 42, ...options }: TokenStatsOptions = {}): Promise<TokenDatasetStats> {
    const prepared = await this.prepare(options);
    try {
      return new TokenDatasetStats(prepared, windows ?? prepared.windows, seed);
    } finally {
      prepared.close();
    }
  }
}
