/**
 * Lists of bad words, found as C4 found them: between two characters that are no letters, so never at the very beginning
 * or end of a line, and never inside another word.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";

/** A list that is looked for in lower-case text. */
export class BadWords {
  /** Words and phrases by their first run of letters. */
  readonly #byFirst = new Map<string, string[]>();
  /** Those that do not begin with a letter a to z. */
  readonly #others: string[] = [];

  /** A list of words and phrases. */
  constructor(words: readonly string[]) {
    for (const word of words.map((word) => word.toLowerCase())) {
      const first = /^[a-z]+/.exec(word)?.[0];
      if (first === undefined) this.#others.push(word);
      else this.#byFirst.set(first, [...this.#byFirst.get(first) ?? [], word]);
    }
  }

  /**
   * Words of one's own, or the list of a language (LDNOOBW).
   *
   * @throws {ConfigError} for a language without a list
   */
  static async of(words: string | readonly string[]): Promise<BadWords> {
    if (typeof words !== "string") return new BadWords(words);
    const { default: lists } = await import("naughty-words");
    const known: Record<string, readonly string[]> = lists;
    if (Array.isArray(known[words])) return new BadWords(known[words]);
    const near = nearest(words, Object.keys(known)) ?? Object.keys(known).join(", ");
    throw new ConfigError(
      `Cannot use badWords ${JSON.stringify(words)}: there is no list of that language, there is ${near}`,
    );
  }

  /** Whether one of the words stands in a line. */
  isIn(lower: string): boolean {
    for (let at = 0; at < lower.length; at++) {
      if (!isLetter(lower.charCodeAt(at))) continue;
      const from = at;
      while (at < lower.length && isLetter(lower.charCodeAt(at))) at++;
      const found = from > 0 && this.#byFirst.get(lower.slice(from, at));
      if (found && found.some((word) => lower.startsWith(word, from) && endsAt(lower, from + word.length))) {
        return true;
      }
    }
    return this.#others.some((word) => isAnywhere(lower, word));
  }
}

/** Whether another character than a letter stands there. */
function endsAt(lower: string, at: number): boolean {
  return at < lower.length && !isLetter(lower.charCodeAt(at));
}

function isAnywhere(lower: string, word: string): boolean {
  for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
    if (at > 0 && !isLetter(lower.charCodeAt(at - 1)) && endsAt(lower, at + word.length)) return true;
  }
  return false;
}

function isLetter(unit: number): boolean {
  return unit >= 97 && unit <= 122;
}
