/**
 * Patterns of a tokenizer.json: literal strings, and regular expressions in Oniguruma's syntax.
 *
 * A backtracking engine can take years for some expressions, so long texts and risky expressions have a limit of time.
 *
 * @module
 */
import { SplitPreTokenizer } from "@huggingface/tokenizers";
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { timeBoxed, TimeoutError } from "../../base/time_box.ts";

/** Milliseconds for a search: a constant part, and one per UTF-16 unit of the text. [ours] */
const LIMIT_MS = 2000;
const LIMIT_MS_PER_UNIT = 1e-3;

/** Texts up to this length need no limit for an expression whose time is a low power of the length. [ours] */
const SHORT = 2000;

/** A match: its first UTF-16 unit and the one behind its last. */
export type Match = readonly [from: number, to: number];

/** A search of all matches in a text, in order. */
export type Pattern = (text: string) => Match[];

/**
 * Returns the search for `pattern`: `{ "String": ... }` or `{ "Regex": ... }`.
 *
 * @throws {FormatError} for any other value, and for an expression with an error
 */
export function patternOf(pattern: unknown, file: string): Pattern {
  const { String: literal, Regex: source } = (pattern ?? {}) as { String?: unknown; Regex?: unknown };
  if (typeof literal === "string" && literal !== "") {
    return (text) => matches(text, new RegExp(RegExp.escape(literal), "gu"));
  }
  if (typeof source === "string") return regexOf(source, file);
  throw new FormatError(`Cannot use the tokenizer: the pattern ${show(pattern)} is no String and no Regex`, {
    file,
  });
}

/**
 * Returns the search for an expression in Oniguruma's syntax.
 *
 * @throws {FormatError} for an expression with an error; the search throws one when it takes too long
 */
export function regexOf(source: string, file: string): Pattern {
  const regex = translate(source, file);
  const isRisky = canExplode(source);
  return (text) => {
    if (!isRisky && text.length < SHORT) return matches(text, regex);
    const limit = Math.ceil(LIMIT_MS + LIMIT_MS_PER_UNIT * text.length);
    try {
      return timeBoxed(limit, () => matches(text, regex));
    } catch (cause) {
      if (!(cause instanceof TimeoutError)) throw cause;
      throw new FormatError(
        `Cannot encode the text: the regular expression ${show(source)} takes more than ${limit} ms on it; ` +
          "simplify the expression in tokenizer.json",
        { file, cause },
      );
    }
  };
}

function matches(text: string, regex: RegExp): Match[] {
  const found: Match[] = [];
  for (const match of text.matchAll(regex)) found.push([match.index, match.index + match[0].length]);
  return found;
}

/** Returns the JavaScript expression that `@huggingface/tokenizers` makes of one in Oniguruma's syntax. */
function translate(source: string, file: string): RegExp {
  try {
    const { pattern } = new SplitPreTokenizer({
      type: "Split",
      pattern: { Regex: source.replace(/^\(\?i\)(.*)$/s, "(?i:$1)") },
      behavior: "Isolated",
      invert: false,
    });
    if (pattern) return pattern;
  } catch (cause) {
    const why = (cause as Error).message;
    throw new FormatError(`Cannot use the tokenizer: the regular expression ${show(source)}: ${why}`, {
      file,
      cause,
    });
  }
  throw new FormatError(`Cannot use the tokenizer: ${show(source)} is no regular expression`, { file });
}

/** An open group while an expression is read: its choices so far, and the repeats of its current alternative. */
interface OpenGroup {
  hasChoice: boolean;
  repeats: number;
}

/**
 * Returns true for an expression whose time could be an exponential, or a high power, of the length of the text: it
 * repeats a group that holds a choice, repeats three or more parts in a row, or refers back to a group.
 */
export function canExplode(source: string): boolean {
  const open: OpenGroup[] = [{ hasChoice: false, repeats: 0 }];
  const token =
    /\\[pP]\{[^}]*\}|\\.|\[(?:\\.|\[(?:\\.|[^\]\\])*\]|[^\]\\])*\]|\(\?<?[=!:>]|\(\?[a-z]+:|[()|?*+]|\{\d*,?\d*\}/gsu;
  let closed: OpenGroup | undefined;
  for (const [text] of source.matchAll(token)) {
    const group = open.at(-1)!;
    const isRepeat = /^(?:[*+]|\{\d*,\})$/.test(text);
    if (/^\\[1-9]/.test(text)) return true;
    const isCounted = /^\{/.test(text) && !/^\{(0?,)?[01]\}$/.test(text);
    if ((isRepeat || isCounted) && closed?.hasChoice) return true;
    if (isRepeat || text === "?" || /^\{.*,/.test(text)) group.hasChoice = true;
    if (isRepeat && ++group.repeats > 2) return true;
    closed = undefined;
    if (text.startsWith("(")) open.push({ hasChoice: false, repeats: 0 });
    else if (text === "|") group.hasChoice = true, group.repeats = 0;
    else if (text === ")" && open.length > 1) {
      closed = open.pop()!;
      const outer = open.at(-1)!;
      outer.repeats += closed.repeats;
      outer.hasChoice ||= closed.hasChoice;
    }
  }
  return false;
}
