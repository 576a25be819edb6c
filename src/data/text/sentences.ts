/**
 * Sentence splitter by end marks with a list of abbreviations: close to the Punkt splitter of C4, and much faster.
 *
 * @module
 */

const abbreviations = new Set(
  "mr mrs ms dr prof st sr jr vs etc inc ltd co corp no vol fig eq al gen col sgt capt rev hon dept est approx e.g i.e a.m p.m u.s"
    .split(" "),
);

/**
 * Returns the ends of a text's sentences: the indices behind their end marks and closing quotes, last the text's end.
 */
export function sentenceEnds(text: string): number[] {
  const ends: number[] = [];
  for (
    const { index, 0: mark } of text.matchAll(
      /(?<![.!?])[.!?]+(?![.!?])["')\]”’»]*(?=\s+["'(\[“‘«]?[\p{Lu}\p{Lo}\p{N}])/gu,
    )
  ) {
    if (mark[0] === "." && isAbbreviation(text, index)) continue;
    ends.push(index + mark.length);
  }
  if (text.slice(ends[ends.length - 1] ?? 0).trim() !== "") ends.push(text.length);
  return ends;
}

/** Returns the number of sentences. */
export function countSentences(text: string): number {
  return sentenceEnds(text).length;
}

/** Returns true when the word before a full stop is an abbreviation or one capital letter. */
function isAbbreviation(text: string, stop: number): boolean {
  const word = /[\p{L}.]+$/u.exec(text.slice(Math.max(0, stop - 8), stop))?.[0] ?? "";
  return /^\p{Lu}$/u.test(word) || abbreviations.has(word.toLowerCase());
}
