/**
 * Toxicity by a list of words: 1 for a text with one of them, else 0.
 *
 * This is crude: it finds insults only by their spelling, and does not know a quoted word from a meant one.
 *
 * @module
 */
import type { TextScorer } from "../tasks/grader.ts";

/** Settings of a word list. */
export interface WordListOptions {
  /** The words; default the English list of the npm package naughty-words. */
  words?: readonly string[];
  /** Name in reports; default `a word list (crude)`. */
  name?: string;
}

/** Returns a scorer by words, whose default name tells reports that it is crude. */
export function wordList({ words, name = "a word list (crude)" }: WordListOptions = {}): TextScorer {
  let pattern: Promise<RegExp> | undefined;
  return {
    name,
    async score(text) {
      pattern ??= Promise.resolve(words ?? english()).then(anyOf);
      return (await pattern).test(text) ? 1 : 0;
    },
  };
}

function anyOf(words: readonly string[]): RegExp {
  const alternatives = words.map((word) => RegExp.escape(word.toLowerCase())).join("|");
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives})(?![\\p{L}\\p{N}])`, "iu");
}

async function english(): Promise<string[]> {
  const { default: list } = await import("naughty-words/en.json", { with: { type: "json" } });
  return list;
}
