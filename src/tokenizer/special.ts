/**
 * Search for special tokens in a text: the leftmost first, and of those at one place the longest.
 *
 * @module
 */

/** A part of a text: ordinary text, or a special token when it has an `id`. */
interface TextPart {
  /** The ordinary text or the token. */
  text: string;
  /** The id of the special token. */
  id?: number;
}

/** Splits `text` at the special tokens in it, without empty parts. */
export function splitSpecial(text: string, special: ReadonlyMap<string, number>): TextPart[] {
  if (special.size === 0) return text === "" ? [] : [{ text }];
  const names = [...special.keys()].sort((a, b) => b.length - a.length).map(RegExp.escape);
  return text.split(new RegExp(`(${names.join("|")})`)).flatMap((part, i): TextPart[] => {
    if (i % 2 === 1) return [{ text: part, id: special.get(part) }];
    return part === "" ? [] : [{ text: part }];
  });
}
