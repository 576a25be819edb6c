/**
 * Numbers of prepared tokens: how much there is, and what a number of drawn windows takes from each source; for a mixture
 * that is Table 1 of the paper for one's own data.
 *
 * @module
 */
import { Displayable, type Picture } from "../../display/display.ts";
import { bytes as size, number, percent } from "../../display/format.ts";
import { join } from "../../display/html.ts";
import { table } from "../../display/table.ts";
import type { PreparedTokens } from "../windows/prepared_tokens.ts";

/** One source in a number of drawn windows. */
export interface TokenShare {
  /** Its name. */
  source: string;
  /** Its documents. */
  documents: number;
  /** Its tokens. */
  tokens: number;
  /** Its distinct windows. */
  windows: number;
  /** UTF-8 bytes of its text. */
  bytes: number;
  /** The share asked for, 0 to 1. */
  asked: number;
  /** Its share of the drawn windows, 0 to 1; 0 when nothing can be drawn. */
  drawn: number;
  /** Positions of its drawn windows. */
  drawnTokens: number;
  /** How often the drawn windows read it. */
  epochs: number;
}

const right = Object.fromEntries(
  ["asked", "drawn", "tokens drawn", "epochs", "tokens", "text"].map((column) => [column, "right" as const]),
);

/** Numbers of prepared tokens. */
export class TokenDatasetStats extends Displayable {
  /** Positions of a window. */
  readonly context: number;
  /** Distinct windows. */
  readonly windows: number;
  /** Token ids. */
  readonly tokens: number;
  /** UTF-8 bytes of text. */
  readonly bytes: number;
  /** Tokens behind the last full windows. */
  readonly dropped: number;
  /** Tokens cut from conversations longer than a window. */
  readonly cut: number;
  /** Number of drawn windows that the shares are of. */
  readonly drawn: number;
  /** The sources. */
  readonly sources: readonly TokenShare[];

  /** Counts the first `drawn` windows under `seed`. */
  constructor(prepared: PreparedTokens, drawn: number, seed: number) {
    super();
    this.context = prepared.context;
    this.windows = prepared.windows;
    this.tokens = prepared.tokens;
    this.bytes = prepared.bytes;
    this.dropped = prepared.dropped;
    this.cut = prepared.cut;
    // Without a full window in every source nothing can be drawn.
    this.drawn = prepared.sources.every(({ windows }) => windows > 0) ? drawn : 0;
    const epochsOf = this.drawn === 0 ? [] : prepared.epochs(this.drawn, seed);
    this.sources = prepared.sources.map(({ name, documents, tokens, windows, bytes, weight }, s) => {
      const epochs = epochsOf[s] ?? 0;
      const own = Math.round(epochs * windows);
      const drawn = this.drawn === 0 ? 0 : own / this.drawn;
      return {
        source: name,
        documents,
        tokens,
        windows,
        bytes,
        asked: weight,
        drawn,
        drawnTokens: own * this.context,
        epochs,
      };
    });
  }

  /** Totals, and a row a source. */
  override picture(): Picture {
    const { tokens, bytes, windows, context, dropped, cut } = this;
    const perToken = bytes > 0
      ? ` for ${size(bytes)} of text (${number(bytes / tokens, 3)} bytes a token)`
      : "";
    const lost = [
      dropped ? `${number(dropped)} tokens in last short windows` : "",
      cut ? `${number(cut)} cut off` : "",
    ];
    const totals = [
      `${number(tokens)} tokens${perToken}`,
      `${number(windows)} windows of ${context}`,
      ...lost,
    ];
    const rows = this.sources.map((own) => ({
      source: own.source,
      asked: percent(own.asked),
      drawn: percent(own.drawn),
      "tokens drawn": number(own.drawnTokens),
      epochs: own.epochs.toFixed(2),
      documents: own.documents,
      tokens: number(own.tokens),
      text: size(own.bytes),
    }));
    const note = this.drawn === 0
      ? "A source is shorter than one window: nothing can be drawn"
      : `Drawn: the first ${number(this.drawn)} windows`;
    return join(
      { text: totals.filter(Boolean).join(", ") },
      table(rows, { note, align: right }),
    );
  }

  /** The numbers as JSON. */
  toJSON(): Record<string, unknown> {
    const { context, windows, tokens, bytes, dropped, cut, drawn, sources } = this;
    return { context, windows, tokens, bytes, dropped, cut, drawn, sources };
  }
}
