/**
 * Search of the added tokens of a tokenizer.json in a text, as Hugging Face's Rust library does it.
 *
 * Of the tokens at one place the longest counts. `single_word`, `lstrip`, `rstrip` and `normalized` are honoured.
 *
 * @module
 */

/** A token that is matched in the text before everything else. */
export interface AddedToken {
  /** Its id. */
  id: number;
  /** Its text. */
  content: string;
  /** Matches whole words only. */
  single_word?: boolean;
  /** Includes the spaces on its left. */
  lstrip?: boolean;
  /** Includes the spaces on its right. */
  rstrip?: boolean;
  /** Matches in the normalised text. */
  normalized?: boolean;
  /** True for a control token, false for text. */
  special?: boolean;
}

/** A part of a text: an added token when it has an `id`, else ordinary text. */
export interface Section {
  /** Its first UTF-16 unit in the text. */
  from: number;
  /** The unit behind its last. */
  to: number;
  /** Id of the token. */
  id?: number;
}

/** The decision on one match: a match that is not allowed is ordinary text. */
export type Allows = (token: AddedToken, from: number, to: number) => boolean;

/** The added tokens of one kind: those that are matched in the text, or those that are matched in the normalised one. */
export class AddedTokens {
  #search: RegExp | undefined;
  #tokens = new Map<string, AddedToken>();

  /**
   * Makes the search.
   *
   * @param shown returns the text in which a token is searched: its content, or that after the normalizer
   */
  constructor(tokens: readonly AddedToken[], shown: (content: string) => string = (content) => content) {
    for (const token of tokens) {
      const text = shown(token.content);
      if (text !== "" && !this.#tokens.has(text)) this.#tokens.set(text, token);
    }
    const texts = [...this.#tokens.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
    if (texts.length > 0) this.#search = new RegExp(texts.join("|"), "gu");
  }

  /** True where there is nothing to search for. */
  get isEmpty(): boolean {
    return this.#search === undefined;
  }

  /** Splits `text` at the tokens in it that `allows` accepts, without empty parts. */
  split(text: string, allows: Allows): Section[] {
    const sections: Section[] = [];
    const search = this.#search;
    let start = 0;
    if (search) search.lastIndex = 0;
    for (let match = search?.exec(text); match; match = search!.exec(text)) {
      const token = this.#tokens.get(match[0])!;
      let from = match.index;
      let to = from + match[0].length;
      if (!allows(token, from, to)) {
        search!.lastIndex = from + 1;
        continue;
      }
      if (token.single_word && (isWord(lastOf(text, from)) || isWord(text.slice(to, to + 2)))) continue;
      if (token.lstrip) from = Math.max(start, from - spacesBefore(text, from));
      if (token.rstrip) { while (isSpace(text[to])) to++; }
      if (start < from) sections.push({ from: start, to: from });
      sections.push({ from, to, id: token.id });
      start = to;
    }
    if (start < text.length) sections.push({ from: start, to: text.length });
    return sections;
  }
}

/** Returns the character in front of position `at`. */
function lastOf(text: string, at: number): string {
  return [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
}

/** The characters of words, `\w` of Rust's regular expressions, for a class of a JavaScript expression. */
export const WORD_CLASS = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
const WORD_START = new RegExp(`^[${WORD_CLASS}]`, "u");

function isWord(text: string): boolean {
  return WORD_START.test(text);
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /^\p{White_Space}$/u.test(char);
}

function spacesBefore(text: string, at: number): number {
  let count = 0;
  while (isSpace(text[at - count - 1])) count++;
  return count;
}
