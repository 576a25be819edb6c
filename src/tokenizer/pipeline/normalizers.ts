/**
 * The normalizers of a tokenizer.json, which change a text before it is split.
 *
 * They follow Hugging Face's Rust library; a kind or a field that is not known is refused by name.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { Component } from "../files/tokenizer_json.ts";
import { patternOf } from "./patterns.ts";
import { charactersMap } from "./characters_map.ts";

/** A change of a text. With `continues` it does not put a space in front, because the text continues another. */
export type Normalizer = (text: string, continues: boolean) => string;

/** Returns a function that throws the error of a part that cannot be used. */
export function refuser(part: string, file: string): (problem: string) => never {
  return (problem) => {
    throw new FormatError(`Cannot use the tokenizer: its ${part} ${problem}`, { file });
  };
}

/** Largest ratio of the length of a normalised text to that of the text, and the units that are allowed besides. [ours] */
const MAX_GROWTH = 16;
const FREE_LENGTH = 2 ** 16;

/** The longest text that the normalizer may make of the text at hand. */
interface Budget {
  length: number;
}

/**
 * Makes the normalizer that `step` describes.
 *
 * @throws {FormatError} for a kind that is not known; the normalizer throws one when a text grows too long
 */
export function normalizerOf(step: Component | null, file: string): Normalizer {
  const budget: Budget = { length: 0 };
  const normalise = partOf(step, file, budget);
  return (text, continues) => {
    budget.length = MAX_GROWTH * text.length + FREE_LENGTH;
    return normalise(text, continues);
  };
}

function partOf(step: Component | null, file: string, budget: Budget): Normalizer {
  if (step === null) return (text) => text;
  const refuse = refuser(`normalizer ${show(step.type)}`, file);
  const form = ["NFC", "NFD", "NFKC", "NFKD"].find((name) => name === step.type);
  if (form) return (text) => text.normalize(form);
  switch (step.type) {
    case "Sequence": {
      if (!Array.isArray(step.normalizers)) return refuse("needs a list of normalizers");
      const steps = step.normalizers.map((part) => partOf(part as Component, file, budget));
      return (text, continues) => steps.reduce((done, next) => next(done, continues), text);
    }
    case "Prepend": {
      const prefix = step.prepend;
      if (typeof prefix !== "string") return refuse("needs a text to prepend");
      return (text, continues) => {
        if (text === "" || continues) return text;
        return text.length + prefix.length > budget.length ? refuse(TOO_LONG) : prefix + text;
      };
    }
    case "Replace": {
      const pattern = patternOf(step.pattern, file);
      const content = step.content;
      if (typeof content !== "string") return refuse("needs a content");
      return (text) => {
        const matches = pattern(text);
        const longest = text.length + matches.length * content.length;
        return longest > budget.length ? refuse(TOO_LONG) : replaceMatches(text, matches, content);
      };
    }
    case "Lowercase":
      return lowercase;
    case "Strip": {
      const { strip_left = true, strip_right = true } = step;
      return (text) => {
        const left = strip_left ? text.replace(/^\p{White_Space}+/u, "") : text;
        return strip_right ? trimEnd(left) : left;
      };
    }
    case "StripAccents":
      return (text) => text.replace(/\p{M}/gu, "");
    case "Nmt":
      return nmt;
    case "BertNormalizer":
      return bertNormalizer(step);
    case "Precompiled":
      return typeof step.precompiled_charsmap === "string"
        ? charactersMap(step.precompiled_charsmap, file)
        : refuse("needs a precompiled_charsmap");
    default:
      return refuse("is not supported");
  }
}

const TOO_LONG = `makes texts of more than ${MAX_GROWTH} times their length`;

function replaceMatches(text: string, matches: readonly (readonly [number, number])[], by: string): string {
  if (matches.length === 0) return text;
  const parts: string[] = [];
  let at = 0;
  for (const [from, to] of matches) {
    parts.push(text.slice(at, from), by);
    at = to;
  }
  return parts.join("") + text.slice(at);
}

/** Lowercases character by character, unlike `toLowerCase`, in which a final sigma depends on its neighbours. */
function lowercase(text: string): string {
  return Array.from(text, (char) => char.toLowerCase()).join("");
}

/** Removes white space at the end, in linear time. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1])) end--;
  return text.slice(0, end);
}

/** Removes control characters and replaces white space by spaces, as SentencePiece's rule `nmt`. */
function nmt(text: string): string {
  return text
    .replace(/(?![\0\t\n\f\r\u0080-\u008E\u0090-\u009E])\p{Cc}/gu, "")
    .replace(/[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/g, " ");
}

const CHINESE =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

/** Returns the normalizer of BERT: clean-up of control characters, spaces around Chinese, accents and case. */
function bertNormalizer(step: Component): Normalizer {
  const { clean_text = true, handle_chinese_chars = true, strip_accents = null, lowercase: lower = true } =
    step;
  return (text) => {
    let done = text;
    if (clean_text) {
      done = done.replace(/(?![\t\n\r])[\0\uFFFD\p{Cc}\p{Cf}\p{Co}]/gu, "").replace(/\p{White_Space}/gu, " ");
    }
    if (handle_chinese_chars) done = done.replace(CHINESE, " $& ");
    if (strip_accents ?? lower) done = done.normalize("NFD").replace(/\p{Mn}/gu, "");
    return lower ? lowercase(done) : done;
  };
}
