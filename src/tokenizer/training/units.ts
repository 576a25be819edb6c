/**
 * The units of text that pieces are learned from: words split at digits, changes of script, control characters and
 * characters outside the alphabet, with their numbers of occurrences.
 *
 * This is SentencePiece's `IsValidSentencePiece`, applied once to the text instead of to every candidate.
 *
 * @module
 */
import { YieldTimer } from "../../base/event_loop.ts";
import { SPACE } from "../llama/pretokenize.ts";
import { INHERITED, Scripts } from "./scripts.ts";

/** Options of the split of words into units. */
interface SplitOptions {
  /** Leaves decimal digits out of units, so that every digit becomes a token. */
  splitDigits: boolean;
  /** Keeps every unit within one script. */
  splitScripts: boolean;
}

const DIGIT = /\p{Nd}/u;
const CONTROL = /\p{Cc}/u;

/**
 * Returns the characters that make up `coverage` of all occurrences, most frequent first (ties by code point).
 *
 * @param words normalised words with their counts
 * @param controls true to include control characters; with byte fallback they stay bytes, so that a newline is `<0x0A>`
 * as in LLaMA's vocabulary
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
  // In float32, as in SentencePiece: where many characters occur once, the last bit decides on one of them.
  const share = (count: number) => Math.fround(((seen += count) - count) / total);
  const enough = coverage < 1 ? sorted.findIndex(([, count]) => share(count) >= Math.fround(coverage)) : -1;
  return (enough < 0 ? sorted : sorted.slice(0, enough)).map(([char]) => char);
}

/** Splits words into units of two or more characters of the alphabet and adds up their counts. */
export async function unitsOf(
  words: Map<string, number>,
  alphabet: readonly string[],
  options: SplitOptions,
  timer = new YieldTimer(),
): Promise<Map<string, number>> {
  const inAlphabet = new Set(alphabet);
  const classOf = classes(options);
  const units = new Map<string, number>();
  for (const [word, count] of words) {
    if (timer.due()) await timer.yieldToEventLoop();
    for (const unit of splitWord(word, inAlphabet, classOf)) units.set(unit, (units.get(unit) ?? 0) + count);
  }
  return units;
}

/** Returns a function from a character to its class: neighbours of one class share a unit, class "" is in no unit. */
function classes({ splitDigits, splitScripts }: SplitOptions): (char: string) => string {
  const scripts = new Scripts();
  const cache = new Map<string, string>();
  const find = (char: string) => {
    if (char === SPACE) return SPACE;
    if (CONTROL.test(char) || (splitDigits && DIGIT.test(char))) return "";
    return splitScripts ? scripts.of(char) : "any";
  };
  return (char) => {
    let kind = cache.get(char);
    if (kind === undefined) cache.set(char, kind = find(char));
    return kind;
  };
}

/** Splits a word. U+2581 joins the next character; a combining mark takes the class of its base or of the next one. */
function* splitWord(
  word: string,
  alphabet: Set<string>,
  classOf: (char: string) => string,
): Iterable<string> {
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
