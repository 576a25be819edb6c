/**
 * The loss of a model on a text, as an object that shows itself.
 *
 * @module
 */
import {
  bytes as showBytes,
  Displayable,
  keyValues,
  number,
  type Picture,
  plural,
} from "../../display/mod.ts";

/** The numbers of a measured loss. */
export interface LossFacts {
  /** Sum of the losses of all tokens, in nats. */
  nats: number;
  /** Standard error of nats per token over the windows; undefined for a single one. */
  standardError?: number;
  /** Tokens predicted. */
  tokens: number;
  /** UTF-8 bytes of the text that those tokens stand for; 0 where the text is unknown. */
  bytes: number;
  /** Windows measured. */
  windows: number;
  /** Windows of the dataset, of which a limit leaves some out. */
  windowsInAll: number;
  /** Documents (or conversations, or rows) that the measured windows reach into. */
  documents: number;
  /** Tokens cut from the right of conversations that are longer than a window. */
  cut: number;
}

/** The loss of a model on a text. */
export class LossResult extends Displayable {
  /** Nats per token. */
  readonly loss: number;
  /** Standard error of the loss over the windows; undefined for a single one. */
  readonly standardError?: number;
  /** Bits per UTF-8 byte of the text, comparable between tokenizers; not finite where the text is unknown. */
  readonly bitsPerByte: number;
  /** exp(loss). */
  readonly perplexity: number;
  /** Tokens predicted. */
  readonly tokens: number;
  /** UTF-8 bytes of the text that those tokens stand for; 0 where the text is unknown. */
  readonly bytes: number;
  /** Windows measured. */
  readonly windows: number;
  /** Windows of the dataset, of which a limit leaves some out. */
  readonly windowsInAll: number;
  /** Documents (or conversations, or rows) that the measured windows reach into. */
  readonly documents: number;
  /** Tokens cut from the right of conversations that are longer than a window. */
  readonly cut: number;

  /** Derives the means of measured sums. */
  constructor({ nats, standardError, tokens, bytes, windows, windowsInAll, documents, cut }: LossFacts) {
    super();
    this.loss = nats / tokens;
    this.standardError = standardError;
    this.bitsPerByte = nats / Math.LN2 / bytes;
    this.perplexity = Math.exp(this.loss);
    this.tokens = tokens;
    this.bytes = bytes;
    this.windows = windows;
    this.windowsInAll = windowsInAll;
    this.documents = documents;
    this.cut = cut;
  }

  /** The standard error, by the name that models of an evaluation give it. */
  get error(): number | undefined {
    return this.standardError;
  }

  /** Draws the means, the standard error, and what was measured and cut. */
  override picture(): Picture {
    const { loss, standardError, bitsPerByte, perplexity, tokens, bytes, windows, documents } = this;
    const text = bytes > 0 ? ` (${showBytes(bytes)} of text)` : "";
    const parts = [plural(windows, "window"), plural(documents, "document")];
    return keyValues("Loss", [
      ["nats per token", number(loss)],
      ["standard error", standardError === undefined ? "unknown: one window" : number(standardError, 2)],
      ["bits per byte", bytes > 0 ? number(bitsPerByte) : "unknown: token ids without their text"],
      ["perplexity", number(perplexity)],
      ["measured on", `${plural(tokens, "token")}${text} in ${parts.join(" of ")}`],
      ...this.#cuts(),
    ]);
  }

  #cuts(): [string, string][] {
    const { windows, windowsInAll, cut } = this;
    const cuts: string[] = [];
    if (windows < windowsInAll) {
      cuts.push(`${plural(windowsInAll - windows, "window")} of ${number(windowsInAll)} beyond the limit`);
    }
    if (cut > 0) cuts.push(`${plural(cut, "token")} of conversations longer than a window`);
    return cuts.length > 0 ? [["cut", cuts.join("\n")]] : [];
  }

  /** Returns the numbers as plain data. */
  toJSON(): Record<string, number | undefined> {
    const { loss, standardError, bitsPerByte, perplexity, tokens, bytes } = this;
    const { windows, windowsInAll, documents, cut } = this;
    return {
      loss,
      standardError,
      bitsPerByte,
      perplexity,
      tokens,
      bytes,
      windows,
      windowsInAll,
      documents,
      cut,
    };
  }
}
