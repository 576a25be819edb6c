/**
 * The pre-tokenizers of a tokenizer.json, which split a normalised text into words.
 *
 * They follow Hugging Face's Rust library; a kind or a field that is not known is refused by name.
 *
 * @module
 */
import { show } from "../../base/schema.ts";
import { WORD_CLASS } from "../added_tokens.ts";
import type { Place } from "../codec.ts";
import type { Component } from "../files/tokenizer_json.ts";
import { byteLetters } from "../llama/byte_letters.ts";
import { refuser } from "./normalizers.ts";
import { type Match, type Pattern, patternOf, regexOf } from "./patterns.ts";

/** A split of a piece of text into words. */
export type PreTokenizer = (piece: string, place: Place) => string[];

/** The treatment of a match by `Split`. */
type Behavior = "Removed" | "Isolated" | "MergedWithPrevious" | "MergedWithNext" | "Contiguous";

const BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

/** GPT-2's expression. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** Words, and runs of other characters but white space, as the expression `\w+|[^\w\s]+` of Rust. */
const WORDS = new RegExp(`[${WORD_CLASS}]+|[^${WORD_CLASS}\\p{White_Space}]+`, "gu");

/** ASCII punctuation and the Unicode categories P. */
const PUNCTUATION = /[\p{P}!-\/:-@\[-`{-~]/gu;

/**
 * Makes the pre-tokenizer that `step` describes.
 *
 * @throws {FormatError} for a kind that is not known
 */
export function preTokenizerOf(step: Component | null, file: string): PreTokenizer {
  if (step === null) return (piece) => [piece];
  const refuse = refuser(`pre_tokenizer ${show(step.type)}`, file);
  switch (step.type) {
    case "Sequence": {
      if (!Array.isArray(step.pretokenizers)) return refuse("needs a list of pretokenizers");
      const steps = step.pretokenizers.map((part) => preTokenizerOf(part as Component, file));
      return (piece, place) => {
        let pieces = [piece];
        for (const next of steps) {
          pieces = pieces.flatMap((part, i) => next(part, i === 0 ? place : { ...place, opens: false }));
        }
        return pieces;
      };
    }
    case "ByteLevel":
      return byteLevel(step, file);
    case "Metaspace":
      return metaspace(step, refuse);
    case "Split": {
      const { behavior, invert = false } = step;
      const name = BEHAVIORS.find((known) => known.toLowerCase() === String(behavior).toLowerCase());
      if (!name) {
        return refuse(`has the behavior ${show(behavior)}, one of ${BEHAVIORS.join(", ")} is needed`);
      }
      return splitter(patternOf(step.pattern, file), name as Behavior, invert === true);
    }
    case "Digits":
      return splitter(all(/\p{N}/gu), step.individual_digits ? "Isolated" : "Contiguous");
    case "Punctuation": {
      const { behavior = "Isolated" } = step;
      const name = BEHAVIORS.find((known) => known.toLowerCase() === String(behavior).toLowerCase());
      if (!name) {
        return refuse(`has the behavior ${show(behavior)}, one of ${BEHAVIORS.join(", ")} is needed`);
      }
      return splitter(all(PUNCTUATION), name as Behavior);
    }
    case "Whitespace":
      return splitter(all(WORDS), "Removed", true);
    case "WhitespaceSplit":
      return splitter(all(/\p{White_Space}/gu), "Removed");
    case "BertPreTokenizer": {
      const words = splitter(all(/\p{White_Space}/gu), "Removed");
      const marks = splitter(all(PUNCTUATION), "Isolated");
      return (piece, place) => words(piece, place).flatMap((word) => marks(word, place));
    }
    case "CharDelimiterSplit":
      return splitter(patternOf({ String: step.delimiter }, file), "Removed");
    case "FixedLength": {
      const length = Number(step.length);
      if (!Number.isInteger(length) || length < 1) return refuse(`has the length ${show(step.length)}`);
      return (piece) => {
        const chars = [...piece];
        const count = Math.ceil(chars.length / length);
        return Array.from({ length: count }, (_, i) => chars.slice(i * length, (i + 1) * length).join(""));
      };
    }
    default:
      return refuse("is not supported");
  }
}

function byteLevel({ add_prefix_space = false, use_regex = true }: Component, file: string): PreTokenizer {
  const letters = byteLetters();
  const utf8 = new TextEncoder();
  const split = use_regex ? splitter(regexOf(GPT2, file), "Isolated") : undefined;
  return (piece, place) => {
    const start = add_prefix_space && !piece.startsWith(" ") && !(place.continues && place.opens);
    const text = start ? " " + piece : piece;
    const words = split ? split(text, place) : [text];
    return words.map((word) => {
      let shown = "";
      for (const byte of utf8.encode(word)) shown += letters[byte];
      return shown;
    });
  };
}

function metaspace(step: Component, refuse: (problem: string) => never): PreTokenizer {
  const { replacement = "\u2581", add_prefix_space = true, prepend_scheme, split = true } = step;
  const scheme = prepend_scheme ?? (add_prefix_space ? "always" : "never");
  if (typeof replacement !== "string" || [...replacement].length !== 1) {
    return refuse(`has the replacement ${show(replacement)}, one character is needed`);
  }
  if (!["always", "first", "never"].includes(String(scheme))) {
    return refuse(`has the prepend_scheme ${show(scheme)}, one of always, first, never is needed`);
  }
  if (!add_prefix_space && scheme !== "never") {
    return refuse(`contradicts itself: add_prefix_space false, prepend_scheme ${show(scheme)}`);
  }
  const cut = splitter(all(new RegExp(RegExp.escape(replacement), "gu")), "MergedWithNext");
  return (piece, place) => {
    const text = piece.replaceAll(" ", replacement);
    const wants = scheme === "always"
      ? !place.continues
      : scheme === "first" && place.opens && !place.continues;
    const shown = wants && !text.startsWith(replacement) ? replacement + text : text;
    return split ? cut(shown, place) : [shown];
  };
}

function all(regex: RegExp): Pattern {
  return (text) => Array.from(text.matchAll(regex), ({ index, 0: found }) => [index, index + found.length]);
}

/** Returns the split at the matches of `pattern`; with `invert` matches and the text between change their roles. */
function splitter(pattern: Pattern, behavior: Behavior, invert = false): PreTokenizer {
  return (piece) => joined(piece, cover(piece, pattern(piece), invert), behavior);
}

/** A stretch of a piece; it is a match or the text between two matches. */
interface Stretch {
  from: number;
  to: number;
  isMatch: boolean;
}

function cover(piece: string, matches: readonly Match[], invert: boolean): Stretch[] {
  const stretches: Stretch[] = [];
  let at = 0;
  for (const [from, to] of matches) {
    if (from > at) stretches.push({ from: at, to: from, isMatch: invert });
    stretches.push({ from, to, isMatch: !invert });
    at = to;
  }
  if (at < piece.length) stretches.push({ from: at, to: piece.length, isMatch: invert });
  return stretches;
}

function joined(piece: string, stretches: readonly Stretch[], behavior: Behavior): string[] {
  const kept: Stretch[] = [];
  const list = behavior === "MergedWithNext" ? stretches.toReversed() : stretches;
  let wasMatch = false;
  for (const stretch of list) {
    const last = kept.at(-1);
    const joins = behavior === "Contiguous"
      ? stretch.isMatch === wasMatch
      : behavior.startsWith("Merged") && stretch.isMatch && !wasMatch;
    wasMatch = stretch.isMatch;
    if (behavior === "Removed" && stretch.isMatch) continue;
    if (joins && last && behavior === "MergedWithNext") last.from = stretch.from;
    else if (joins && last) last.to = stretch.to;
    else kept.push({ ...stretch });
  }
  if (behavior === "MergedWithNext") kept.reverse();
  return kept.filter(({ from, to }) => from < to).map(({ from, to }) => piece.slice(from, to));
}
