/**
 * SentencePiece's view of a text: spaces become U+2581, one is put in front, and a run of them starts a new word.
 *
 * No LLaMA piece crosses the boundary of a word, so every word can be encoded by itself.
 *
 * @module
 */

/**
 * The character that stands for a space: U+2581, "lower one eighth block". A literal one in a text reads as a space.
 */
export const SPACE = "\u2581";

/** Replaces spaces by U+2581 and lone surrogates by U+FFFD. */
export function normalise(text: string): string {
  return text.toWellFormed().replaceAll(" ", SPACE);
}

/**
 * Calls `visit` with each word of `text`: a run of spaces and the characters up to the next run. The words are not
 * normalised yet. The first one gets a space in front (SentencePiece's dummy prefix) unless `text` `continues` another.
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
 * Copies `word` to its own memory. In V8 a slice of 13 or more characters keeps the whole text that it was cut from
 * alive, so a table of slices would keep the corpus in memory.
 */
export function ownCopy(word: string): string {
  return word.length < 13 ? word : (" " + word).slice(1);
}
