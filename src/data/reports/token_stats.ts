/**
 * Statistics of prepared tokens: totals, and the shares of the sources in a number of drawn windows.
 *
 * For a mixture this is the counterpart of the paper's Table 1.
 *
 * @module
 */
import { Displayable, type Picture } from "../../display/display.ts";
import { bytes as size, fixed, number, percent, plural } from "../../display/format.ts";
import { join } from "../../display/html.ts";
import { table } from "../../display/table.ts";
import { shareDecimals } from "../plan/plan.ts";
import type { PreparedTokens } from "../windows/prepared_tokens.ts";

/** The share of a source in a number of drawn windows. */
export interface TokenShare {
  /** Name of the source. */
  source: string;
  /** Number of documents. */
  documents: number;
  /** Number of tokens. */
  tokens: number;
  /** Number of distinct windows. */
  windows: number;
  /** UTF-8 bytes of its text. */
  bytes: number;
  /** The share in the mixture's definition, 0 to 1. */
  asked: number;
  /** The share of the drawn windows, 0 to 1; 0 when no window can be drawn. */
  drawn: number;
  /** Positions in its drawn windows. */
  drawnTokens: number;
  /** Number of epochs over the source in the drawn windows. */
  epochs: number;
}

const right = Object.fromEntries(
  ["asked", "drawn", "tokens drawn", "epochs", "tokens", "text"].map((column) => [column, "right" as const]),
);

/** Statistics of prepared tokens. */
export class TokenDatasetStats extends Displayable {
  /** Positions per window. */
  readonly context: number;
  /** Number of distinct windows. */
  readonly windows: number;
  /** Number of tokens. */
  readonly tokens: number;
  /** UTF-8 bytes of text. */
  readonly bytes: number;
  /** Number of tokens behind the last full windows. */
  readonly dropped: number;
  /** Number of tokens cut from conversations longer than a window. */
  readonly cut: number;
  /** Number of drawn windows. */
  readonly drawn: number;
  /** Shares of the sources. */
  readonly sources: readonly TokenShare[];

  /** Makes the statistics of the first `drawn` windows under `seed`. */
  constructor(prepared: PreparedTokens, drawn: number, seed: number) {
    super();
    this.context = prepared.context;
    this.windows = prepared.windows;
    this.tokens = prepared.tokens;
    this.bytes = prepared.bytes;
    this.dropped = prepared.dropped;
    this.cut = prepared.cut;
    // Drawing needs at least one full window in every source.
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

  /** Draws the totals, and one row per source. */
  override picture(): Picture {
    const { tokens, bytes, windows, context, dropped, cut } = this;
    const perToken = bytes > 0
      ? ` for ${size(bytes)} of text (${number(bytes / tokens, 3)} bytes per token)`
      : "";
    const lost = [
      dropped ? `${plural(dropped, "token")} in last short windows` : "",
      cut ? `${number(cut)} cut off` : "",
    ];
    const totals = [
      `${plural(tokens, "token")}${perToken}`,
      `${plural(windows, "window")} of ${number(context)}`,
      ...lost,
    ];
    const decimals = shareDecimals(this.sources.map(({ asked }) => asked));
    const rows = this.sources.map((own) => ({
      source: own.source,
      asked: percent(own.asked, decimals),
      drawn: percent(own.drawn, decimals),
      "tokens drawn": number(own.drawnTokens),
      epochs: fixed(own.epochs, 2),
      documents: own.documents,
      tokens: number(own.tokens),
      text: size(own.bytes),
    }));
    const note = this.drawn === 0
      ? "A source is shorter than one window: no window can be drawn"
      : `Drawn: the first ${plural(this.drawn, "window")}`;
    return join(
      { text: totals.filter(Boolean).join(", ") },
      table(rows, { note, align: right }),
    );
  }

  /** Returns the statistics as JSON. */
  toJSON(): Record<string, unknown> {
    const { context, windows, tokens, bytes, dropped, cut, drawn, sources } = this;
    return { context, windows, tokens, bytes, dropped, cut, drawn, sources };
  }
}
