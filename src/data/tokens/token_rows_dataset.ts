/**
 * Rows of token ids that are used as they are, in the order they are given.
 *
 * @module
 */
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { optionsSchema, parseOptions, wrongArgument } from "../../base/schema.ts";
import type { Picture } from "../../display/display.ts";
import { number, plural } from "../../display/format.ts";
import { hashOf, type LineageStep } from "../plan/fingerprint.ts";
import type { HeldOut } from "../validation/hold_out.ts";
import { PreparedTokens, type WindowSource } from "../windows/prepared_tokens.ts";
import type { Window } from "../windows/window.ts";
import { holdOut, TokenDataset } from "./token_dataset.ts";

/** `context + 1` ids, each but the last predicting the next; or ids with their own `context` targets, -100 for ignored. */
export type TokenRow = Uint32Array | {
  /** `[context + 1]` ids; the inputs are the first `context`. `[context]` is enough, since the targets are given. */
  ids: Uint32Array;
  /** `[context]` the id to predict at each position, or -100. */
  targets: Int32Array | readonly number[];
};

/** Settings of rows of ids. */
export interface TokensOptions {
  /** The order of the windows: `given` makes row n window n, over and over. */
  order?: "given";
}

const schema = optionsSchema<TokensOptions>("TokensOptions")(
  z.strictObject({ order: z.literal("given").optional() }),
);

/** Rows of ids as a token dataset. */
export class TokenRowsDataset extends TokenDataset {
  override readonly context: number;
  override readonly documentMask = false;
  override readonly tokenizer = undefined;
  override readonly vocabSize: number;
  readonly #windows: readonly Window[];

  /**
   * Checks the rows and keeps them.
   *
   * @throws {DataError} naming the row that is of another length, or whose targets are no ids
   */
  constructor(rows: Iterable<TokenRow>, options: TokensOptions = {}) {
    super();
    parseOptions(schema, options, "Dataset.tokens");
    if (typeof rows?.[Symbol.iterator] !== "function") {
      throw wrongArgument("Dataset.tokens", "rows of ids", rows);
    }
    const all = [...rows];
    if (all.length === 0) throw new DataError("Cannot use Dataset.tokens: there are no rows");
    this.context = contextOf(all[0]);
    this.#windows = all.map((row, i) => windowOf(row, i, this.context));
    this.vocabSize = 1 +
      this.#windows.reduce((max, { ids, targets }) => Math.max(max, largest(ids), largest(targets)), 0);
  }

  override get fingerprint(): string {
    return hashOf(["tokens", this.#windows.map(({ ids, targets }) => [ids, targets])]);
  }

  override get lineage(): LineageStep[] {
    return [{
      step: `tokens ${this.#windows.length} rows of ${this.context}`,
      fingerprint: this.fingerprint,
    }];
  }

  override [holdOut](): Promise<HeldOut<TokenDataset>> {
    return Promise.resolve({ train: this, description: "none: rows of token ids are used as they are" });
  }

  override prepare(): Promise<PreparedTokens> {
    const windows = this.#windows;
    const source: WindowSource = {
      name: "tokens",
      weight: 1,
      windows: windows.length,
      documents: windows.length,
      tokens: windows.length * (this.context + 1),
      bytes: 0,
      dropped: 0,
      cut: 0,
      documentMask: false,
      window: (i) => windows[i],
      tail: () => undefined,
      documentsIn: (count) => count,
      close() {},
    };
    return Promise.resolve(new PreparedTokens([source], { context: this.context, fixedOrder: true }));
  }

  override picture(): Picture {
    return {
      text: `Tokens as given: ${plural(this.#windows.length, "window")} of ${this.context}, ids below ${
        number(this.vocabSize)
      }`,
    };
  }

  override toJSON(): Record<string, unknown> {
    return {
      op: "tokens",
      order: "given",
      rows: this.#windows.length,
      context: this.context,
      vocabSize: this.vocabSize,
    };
  }
}

function contextOf(row: TokenRow): number {
  return row instanceof Uint32Array ? row.length - 1 : row.targets?.length ?? 0;
}

function windowOf(row: TokenRow, index: number, context: number): Window {
  const wrong = (problem: string) => new DataError(`Cannot use row ${index} of Dataset.tokens: ${problem}`);
  const ids = row instanceof Uint32Array ? row : row.ids;
  if (!(ids instanceof Uint32Array) || context < 1) {
    throw wrong("it must be a Uint32Array, or { ids, targets }");
  }
  const explicit = row instanceof Uint32Array ? undefined : Int32Array.from(row.targets);
  const longEnough = ids.length === context + 1 || (explicit && ids.length === context);
  if (!longEnough || (explicit && explicit.length !== context)) {
    throw wrong(
      `expected ${context + 1} ids and ${context} targets as in row 0, found ${ids.length} and ${
        explicit?.length ?? ids.length - 1
      }`,
    );
  }
  const bad = explicit?.find((target) => target < 0 && target !== -100);
  if (bad !== undefined) throw wrong(`target ${bad} must be an id, or -100 to be ignored`);
  const padded = new Uint32Array(context + 1);
  padded.set(ids);
  const targets = explicit ?? Int32Array.from(ids.subarray(1));
  return { ids: padded, targets, first: new Uint32Array(context), bytes: 0, source: "tokens" };
}

function largest(ids: Uint32Array | Int32Array): number {
  let max = 0;
  for (const id of ids) if (id > max) max = id;
  return max;
}
