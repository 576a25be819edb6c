/**
 * The stretches of text inside which pieces may grow: words cut at digits, script borders, control characters and
 * characters outside the alphabet, each with its number of occurrences (SentencePiece's `IsValidSentencePiece`,
 * applied once to the text instead of to every candidate).
 *
 * @module
 */
import { YieldTimer } from "../../base/event_loop.ts";
import { SPACE } from "../llama/pretokenize.ts";
import { INHERITED, Scripts } from "./scripts.ts";

/** Where units are cut. */
export interface CutOptions {
  /** Every decimal digit stands alone. */
  splitDigits: boolean;
  /** A unit holds one script. */
  splitScripts: boolean;
}

const DIGIT = /\p{Nd}/u;
const CONTROL = /\p{Cc}/u;

/**
 * The characters that make up `coverage` of all occurrences, most frequent first (ties by code point).
 *
 * @param words normalised words with their counts
 * @param controls whether control characters may belong; with byte fallback they are left to the bytes, so that a
 * newline is `<0x0A>` as in LLaMA's vocabulary
 */
export async function alphabetOf(
  words: Map<string, number>,
  coverage: number,
  controls: boolean,
  timer = new YieldTimer(),
): Promise<string[]> {
  const counts = new Map<string, number>();
  let total = 0;
  for (const [word, count] of words) {
    if (timer.due()) await timer.yieldToEventLoop();
    for (const char of word) {
      if (!controls && CONTROL.test(char)) continue;
      counts.set(char, (counts.get(char) ?? 0) + count);
      total += count;
    }
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || a[0].codePointAt(0)! - b[0].codePointAt(0)!);
  let seen = 0;
  // In 32 bits, as SentencePiece: where many characters occur once, the last bit decides on one of them.
  const share = (count: number) => Math.fround(((seen += count) - count) / total);
  const enough = coverage < 1 ? sorted.findIndex(([, count]) => share(count) >= Math.fround(coverage)) : -1;
  return (enough < 0 ? sorted : sorted.slice(0, enough)).map(([char]) => char);
}

/** Cuts words into units of two or more characters of the alphabet and adds up their counts. */
export async function unitsOf(
  words: Map<string, number>,
  alphabet: readonly string[],
  options: CutOptions,
  timer = new YieldTimer(),
): Promise<Map<string, number>> {
  const known = new Set(alphabet);
  const classOf = classes(options);
  const units = new Map<string, number>();
  for (const [word, count] of words) {
    if (timer.due()) await timer.yieldToEventLoop();
    for (const unit of cut(word, known, classOf)) units.set(unit, (units.get(unit) ?? 0) + count);
  }
  return units;
}

/** Two neighbours may share a piece when their classes are equal; a character of class "" stands alone. */
function classes({ splitDigits, splitScripts }: CutOptions): (char: string) => string {
  const scripts = new Scripts();
  const known = new Map<string, string>();
  const find = (char: string) => {
    if (char === SPACE) return SPACE;
    if (CONTROL.test(char) || (splitDigits && DIGIT.test(char))) return "";
    return splitScripts ? scripts.of(char) : "any";
  };
  return (char) => {
    let found = known.get(char);
    if (found === undefined) known.set(char, found = find(char));
    return found;
  };
}

/** U+2581 joins what follows it; a combining mark takes the script of what it stands on, or of what follows. */
function* cut(word: string, alphabet: Set<string>, classOf: (char: string) => string): Iterable<string> {
  let unit = "";
  let length = 0;
  let last = "";
  for (const char of word) {
    let kind = alphabet.has(char) ? classOf(char) : "";
    if (kind === INHERITED && last !== "" && last !== SPACE) kind = last;
    const opens = (last === SPACE || last === INHERITED) && kind !== SPACE;
    if (kind === "" || (last !== kind && !opens)) {
      if (length > 1) yield unit;
      unit = "", length = 0;
    }
    if (kind !== "") unit += char, length++;
    last = kind;
  }
  if (length > 1) yield unit;
}
