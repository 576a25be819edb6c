/**
 * Finding special tokens in a text: the leftmost, and of those the longest.
 *
 * @module
 */

/** A stretch of text, or a special token when it has an `id`. */
export interface SpecialPart {
  /** The text of the stretch or the token. */
  text: string;
  /** The id of the special token. */
  id?: number;
}

/** Cuts `text` at the special tokens in it; empty stretches are left away. */
export function splitSpecial(text: string, special: ReadonlyMap<string, number>): SpecialPart[] {
  if (special.size === 0) return text === "" ? [] : [{ text }];
  const names = [...special.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
  return text.split(new RegExp(`(${names.join("|")})`)).flatMap((part, i): SpecialPart[] => {
    if (i % 2 === 1) return [{ text: part, id: special.get(part) }];
    return part === "" ? [] : [{ text: part }];
  });
}
