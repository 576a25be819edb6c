/**
 * Search for bad words as in C4: between two characters that are not letters.
 *
 * A word is therefore not found at the start or end of a line, nor inside another word.
 *
 * @module
 */
import { ConfigError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";
import { lazily } from "../../base/lazy_import.ts";

/** A list of words to search for in lower-case text. */
export class BadWords {
  /** Words and phrases by their first run of letters. */
  readonly #byFirst = new Map<string, string[]>();
  /** Words and phrases that do not begin with a letter a to z. */
  readonly #others: string[] = [];

  /** Makes a list of words and phrases. */
  constructor(words: readonly string[]) {
    for (const word of words.map((word) => word.toLowerCase())) {
      const first = /^[a-z]+/.exec(word)?.[0];
      if (first === undefined) this.#others.push(word);
      else this.#byFirst.set(first, [...this.#byFirst.get(first) ?? [], word]);
    }
  }

  /**
   * Makes a list of the given words, or loads that of a language (LDNOOBW).
   *
   * @throws {ConfigError} for a language without a list
   */
  static async of(words: string | readonly string[]): Promise<BadWords> {
    if (typeof words !== "string") return new BadWords(words);
    const { default: lists } = await lazily(() => import("naughty-words"));
    const byLanguage: Record<string, readonly string[]> = lists;
    if (Array.isArray(byLanguage[words])) return new BadWords(byLanguage[words]);
    const near = nearest(words, Object.keys(byLanguage)) ?? Object.keys(byLanguage).join(", ");
    throw new ConfigError(
      `Cannot use badWords ${JSON.stringify(words)}: there is no list for that language, there is ${near}`,
    );
  }

  /** Returns true when a line in lower case contains one of the words. */
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

/** Returns true when the character at `at` is not a letter. */
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
