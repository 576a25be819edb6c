/**
 * A text cut into its tokens, to look at: coloured in a notebook, with bars between them in a terminal.
 *
 * @module
 */
import { Displayable, type Picture } from "../display/display.ts";
import { bytes, number } from "../display/format.ts";
import { card, escapeHtml } from "../display/html.ts";

/** One token of the text. */
export interface ShownToken {
  /** Its id. */
  id: number;
  /** Its text as the vocabulary writes it. */
  token: string;
  /** It is control or a byte, not a piece of text. */
  special: boolean;
}

/** Backgrounds in turn; half transparent, so that both light and dark themes stay legible. */
const COLOURS = ["#6baed680", "#fdae6b80", "#74c47680", "#9e9ac880", "#fc927280"];

/** More tokens than this are counted, not drawn. */
const MOST = 2000;

/** What `tokenizer.show(text)` gives. */
export class TokenView extends Displayable {
  /** The tokens, in order. */
  readonly tokens: readonly ShownToken[];
  /** Bytes of the text in UTF-8. */
  readonly bytes: number;

  /** A view of the `tokens` that `text` became. */
  constructor(text: string, tokens: readonly ShownToken[]) {
    super();
    this.tokens = tokens;
    this.bytes = new TextEncoder().encode(text).length;
  }

  /** The tokens and how many bytes one carries. */
  picture(): Picture {
    const shown = this.tokens.slice(0, MOST);
    const more = this.tokens.length - shown.length;
    const rest = more > 0 ? `and ${number(more)} more` : "";
    const facts = `${number(this.tokens.length)} tokens, ${bytes(this.bytes)}` +
      (this.tokens.length ? `, ${number(this.bytes / this.tokens.length, 3)} bytes a token` : "");
    const lines = [shown.map(({ token }) => visible(token)).join("│"), rest, facts];
    const html = `<div style="line-height:2;white-space:pre-wrap">${
      shown.map(box).join("<wbr>")
    } ${rest}</div>`;
    return {
      text: lines.filter((line) => line !== "").join("\n"),
      html: card("", `${html}<div style="opacity:0.7;margin-top:6px">${facts}</div>`),
    };
  }

  /** The ids and tokens as plain data. */
  toJSON(): { bytes: number; tokens: { id: number; token: string }[] } {
    return { bytes: this.bytes, tokens: this.tokens.map(({ id, token }) => ({ id, token })) };
  }
}

/** The view of a text and its ids. */
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
  const colour = special ? "#8884" : COLOURS[index % COLOURS.length];
  const style = `background:${colour};border-radius:3px;padding:2px 1px;margin-right:1px`;
  return `<span title="${id}" style="${style}">${escapeHtml(visible(token))}</span>`;
}

/** Control characters as their Unicode pictures, so that a token cannot move the cursor. */
function visible(token: string): string {
  return token.replace(/\p{Cc}/gu, (char) => {
    const code = char.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : "\u2421";
  });
}
