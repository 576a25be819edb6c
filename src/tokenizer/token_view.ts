/**
 * A picture of a text's tokens: coloured in a notebook and in a terminal, with bars between them in text.
 *
 * @module
 */
import { Displayable, type Picture } from "../display/display.ts";
import { bytes, number, plural } from "../display/format.ts";
import { card, escapeHtml, noteHtml } from "../display/html.ts";
import { GREY_TINT, TINTS } from "../display/palette.ts";
import { type Paint, type Style, terminalColumns, unpainted } from "../display/terminal.ts";
import { textWidth } from "../display/text_width.ts";

/** A token of the text. */
export interface ShownToken {
  /** Its id. */
  id: number;
  /** Its text as the vocabulary writes it. */
  token: string;
  /** True for control tokens and bytes, false for pieces of text. */
  special: boolean;
}

/** Looks of tokens in a terminal, used in turn; control tokens and bytes are pale. */
const LOOKS: readonly Style[] = ["cyan", "yellow", "green", "magenta", "blue"];

/** The most tokens that are drawn; further ones are counted. */
const MAX_DRAWN = 2000;

/** The tokens of a text, as returned by `tokenizer.show(text)`. */
export class TokenView extends Displayable {
  /** The tokens, in order. */
  readonly tokens: readonly ShownToken[];
  /** Length of the text in UTF-8 bytes. */
  readonly bytes: number;

  /** Makes a view of `text` and its `tokens`. */
  constructor(text: string, tokens: readonly ShownToken[]) {
    super();
    this.tokens = tokens;
    this.bytes = new TextEncoder().encode(text).length;
  }

  /** Draws the tokens, and the number of bytes per token. */
  picture(): Picture {
    const drawn = this.tokens.slice(0, MAX_DRAWN);
    const more = this.tokens.length - drawn.length;
    const rest = more > 0 ? `and ${number(more)} more` : "";
    const facts = `${plural(this.tokens.length, "token")}, ${bytes(this.bytes)}` +
      (this.tokens.length ? `, ${number(this.bytes / this.tokens.length, 3)} bytes per token` : "");
    const text = (paint: Paint) => {
      const words = drawn.map(({ token, special }, i) => ({
        width: textWidth(visible(token)),
        word: paint(visible(token), special ? "dim" : LOOKS[i % LOOKS.length]),
      }));
      const lines = linesOf(words, terminalColumns() - 1).map((line) => line.join(paint("│", "dim")));
      return [...lines, rest, facts].filter((line) => line !== "").join("\n");
    };
    const html = `<div style="line-height:2;white-space:pre-wrap">${
      drawn.map(box).join("<wbr>")
    } ${rest}</div>`;
    return { text: text(unpainted), html: card("", html + noteHtml(facts)), terminal: text };
  }

  /** Returns the ids and tokens as plain data. */
  toJSON(): { bytes: number; tokens: { id: number; token: string }[] } {
    return { bytes: this.bytes, tokens: this.tokens.map(({ id, token }) => ({ id, token })) };
  }
}

/** Returns words by lines, in which they stand side by side with a bar between them. */
function linesOf(words: readonly { width: number; word: string }[], columns: number): string[][] {
  const lines: string[][] = [];
  let used = Infinity;
  for (const { width, word } of words) {
    if (used + 1 + width > columns) lines.push([]), used = -1;
    lines[lines.length - 1].push(word);
    used += 1 + width;
  }
  return lines;
}

/** Makes the view of a text and its ids. */
export function viewOf(
  tokenizer: { tokenOf(id: number): string; isSpecial(id: number): boolean },
  text: string,
  ids: Iterable<number>,
): TokenView {
  const tokens = Array.from(ids, (id) => {
    const token = tokenizer.tokenOf(id);
    return { id, token, special: tokenizer.isSpecial(id) || /^<0x[0-9A-F]{2}>$/.test(token) };
  });
  return new TokenView(text, tokens);
}

function box({ id, token, special }: ShownToken, index: number): string {
  const colour = special ? GREY_TINT : TINTS[index % TINTS.length];
  const style = `background:${colour};border-radius:3px;padding:2px 1px;margin-right:1px`;
  return `<span title="${id}" style="${style}">${escapeHtml(visible(token))}</span>`;
}

/** Replaces control characters by their Unicode pictures, so that a token cannot move the cursor. */
function visible(token: string): string {
  return token.replace(/\p{Cc}/gu, (char) => {
    const code = char.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : "\u2421";
  });
}
