/**
 * Text as SentencePiece sees it: spaces are the visible character U+2581, one stands in front, and words are cut
 * where a run of them begins. No LLaMA piece reaches over such a cut, so every word can be encoded on its own.
 *
 * @module
 */

/** What a space becomes: U+2581, "lower one eighth block". A literal one in the text cannot be told from a space. */
export const SPACE = "\u2581";

/** `text` with its spaces made visible, and U+FFFD for lone surrogates. */
export function normalise(text: string): string {
  return text.toWellFormed().replaceAll(" ", SPACE);
}

/**
 * Calls `visit` with each word of `text`: a run of spaces and what follows it up to the next run. Spaces are still as
 * they came: a word is normalised when it is met for the first time only. One space more is put in front of the text
 * (SentencePiece's dummy prefix) unless it `continues` another.
 */
export function eachWord(text: string, continues: boolean, visit: (word: string) => void): void {
  let end = wordEnd(text, 0);
  if (text !== "") visit(continues ? text.slice(0, end) : " " + text.slice(0, end));
  while (end < text.length) {
    const start = end;
    end = wordEnd(text, start);
    visit(text.slice(start, end));
  }
}

function wordEnd(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at++;
  while (at < text.length && !isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x2581;
}

/**
 * A copy of `word` with memory of its own. A slice of 13 or more characters keeps the whole text it was cut from
 * alive in V8, so a table of words would hold the corpus.
 */
export function ownCopy(word: string): string {
  return word.length < 13 ? word : (" " + word).slice(1);
}
