/**
 * The decoders of a tokenizer.json, which turn tokens into text, token by token.
 *
 * They follow Hugging Face's Rust library. Decoding a list is pushing its tokens one by one, so that a stream always
 * gives the text of the list: a step that could still change earlier text keeps it back until the end.
 *
 * @module
 */
import { show } from "../../base/schema.ts";
import type { Component } from "../files/tokenizer_json.ts";
import { byteNames } from "../llama/pieces.ts";
import { byteLetters } from "../llama/byte_letters.ts";
import { refuser } from "./normalizers.ts";
import { patternOf } from "./patterns.ts";

/** A step of decoding for one text: it takes tokens and emits those of the next step. */
export interface DecoderStep {
  /** Takes a token. */
  push(token: string): void;
  /** Ends the text. */
  end(): void;
}

/** Units by which a step may make a token longer. [ours] */
const FREE_LENGTH = 4096;

/** The receiver of a step's tokens. */
type Emit = (token: string) => void;

/** Makes the step for one text; `continues` is true when the text continues another. */
export type DecoderMaker = (continues: boolean, emit: Emit) => DecoderStep;

/**
 * Makes the decoder that `step` describes.
 *
 * @param cleanUp true to remove the spaces before punctuation, as WordPiece models want it
 * @throws {FormatError} for a kind that is not known; the decoder throws one when a token grows too long
 */
export function decoderOf(step: Component | null, cleanUp: boolean, file: string): DecoderMaker {
  const makers = step === null ? [spacesBetween] : makersOf(step, file, { isFused: false });
  if (cleanUp) makers.push(atEnd(cleaned));
  return (continues, emit) => {
    const steps: DecoderStep[] = [];
    for (const make of makers.toReversed()) {
      const next = steps[0];
      steps.unshift(make(continues, next ? (token) => next.push(token) : emit));
    }
    return {
      push: (token) => steps[0] ? steps[0].push(token) : emit(token),
      end: () => steps.forEach((step) => step.end()),
    };
  };
}

/** Returns the steps of a decoder; `state.isFused` is true behind `Fuse`, where the whole text is one token. */
function makersOf(step: Component, file: string, state: { isFused: boolean }): DecoderMaker[] {
  const refuse = refuser(`decoder ${show(step.type)}`, file);
  switch (step.type) {
    case "Sequence":
      if (!Array.isArray(step.decoders)) return refuse("needs a list of decoders");
      return step.decoders.flatMap((part) => makersOf(part as Component, file, state));
    case "Fuse":
      state.isFused = true;
      return [];
    case "Replace": {
      const pattern = patternOf(step.pattern, file);
      const content = String(step.content ?? "");
      const isSmall = [...String((step.pattern as { String?: unknown }).String ?? "..")].length === 1;
      const isWhole = state.isFused && !isSmall;
      const replace = (text: string) => {
        let done = "";
        let at = 0;
        for (const [from, to] of pattern(text)) {
          done += text.slice(at, from) + content, at = to;
          if (done.length > (isWhole ? 2 * text.length : text.length) + FREE_LENGTH) {
            refuser("decoder Replace", file)("makes tokens much longer");
          }
        }
        return done + text.slice(at);
      };
      return [isWhole ? atEnd(replace) : each(replace)];
    }
    case "ByteFallback":
      return [byteFallback];
    case "ByteLevel":
      state.isFused = true;
      return [byteLevel];
    case "Strip":
      return [state.isFused ? stripText(step) : each((token) => stripToken(step, token))];
    case "Metaspace":
      return [metaspace(step)];
    case "WordPiece":
      return [wordPiece(step)];
    case "BPEDecoder":
      return [suffixes(String(step.suffix ?? "</w>"))];
    case "CTC":
      return [ctc(step)];
    default:
      return refuse("is not supported");
  }
}

function nothing(): void {}

function each(change: (token: string) => string): DecoderMaker {
  return (_, emit) => ({ push: (token) => emit(change(token)), end: nothing });
}

/** Returns a step that changes the whole text at once, and so keeps it back until its end. */
function atEnd(change: (text: string) => string): DecoderMaker {
  return (_, emit) => {
    const parts: string[] = [];
    return { push: (token) => void parts.push(token), end: () => emit(change(parts.join(""))) };
  };
}

/** Returns a step that knows the first token of a text. */
function withFirst(change: (token: string, isFirst: boolean) => string): DecoderMaker {
  return (continues, emit) => {
    let isFirst = !continues;
    return {
      push(token) {
        emit(change(token, isFirst));
        isFirst = false;
      },
      end: nothing,
    };
  };
}

/** The step of a tokenizer.json without a decoder. */
const spacesBetween = withFirst((token, isFirst) => isFirst ? token : " " + token);

const BYTE_NAMES = new Map(byteNames().map((name, byte) => [name, byte]));
const BYTE_LETTERS = new Map(byteLetters().map((letter, byte) => [letter, byte]));

/** The step that turns byte tokens such as `<0x0A>` into characters; incomplete ones become U+FFFD. */
function byteFallback(_: boolean, emit: Emit): DecoderStep {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  let isOpen = false;
  const close = () => {
    if (isOpen) emit(utf8.decode());
    isOpen = false;
  };
  return {
    push(token) {
      const byte = BYTE_NAMES.get(token);
      if (byte === undefined) return close(), emit(token);
      isOpen = true;
      emit(utf8.decode(Uint8Array.of(byte), { stream: true }));
    },
    end: close,
  };
}

/** The step that turns GPT-2's letters into bytes; a token with other characters stands for its own bytes. */
function byteLevel(_: boolean, emit: Emit): DecoderStep {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const rest = { stream: true };
  let isOpen = false; // the last character waits for more bytes
  return {
    push(token) {
      if (!isOpen && /^[!-~\u0120]*$/.test(token)) return emit(token.replaceAll("\u0120", " "));
      const own = Array.from(token, (char) => BYTE_LETTERS.get(char));
      const list = own.includes(undefined)
        ? new TextEncoder().encode(token)
        : Uint8Array.from(own as number[]);
      isOpen = list.length === 0 ? isOpen : list[list.length - 1] > 127;
      emit(utf8.decode(list, rest));
    },
    end: () => emit(utf8.decode()),
  };
}

function stripToken({ content, start = 0, stop = 0 }: Component, token: string): string {
  const chars = [...token];
  let from = 0;
  while (from < Number(start) && chars[from] === content) from++;
  let to = chars.length;
  while (to > from && chars.length - to < Number(stop) && chars[to - 1] === content) to--;
  return chars.slice(from, to).join("");
}

/** Strips the whole text: its start as it comes, its end by keeping back what could be the end. */
function stripText({ content, start = 0, stop = 0 }: Component): DecoderMaker {
  return (continues, emit) => {
    let left = continues ? 0 : Number(start);
    let back = "";
    return {
      push(token) {
        let text = back + token;
        while (left > 0 && text !== "") {
          if (!text.startsWith(String(content))) left = 0;
          else text = text.slice(String(content).length), left--;
        }
        const kept = stripToken({ type: "Strip", content, stop: Number(stop) }, text);
        back = text.slice(kept.length);
        emit(kept);
      },
      end: nothing,
    };
  };
}

function metaspace(
  { replacement = "\u2581", prepend_scheme, add_prefix_space = true }: Component,
): DecoderMaker {
  const scheme = prepend_scheme ?? (add_prefix_space ? "always" : "never");
  return withFirst((token, isFirst) =>
    token.replaceAll(String(replacement), isFirst && scheme !== "never" ? "" : " ")
  );
}

function wordPiece({ prefix = "##", cleanup = true }: Component): DecoderMaker {
  const clean = (token: string) => cleanup ? cleaned(token.replaceAll(" do not", " don't")) : token;
  return withFirst((token, isFirst) => {
    if (isFirst) return clean(token);
    return clean(token.startsWith(String(prefix)) ? token.slice(String(prefix).length) : " " + token);
  });
}

/** Returns the step that turns the ends of words into spaces, except that of the last token. */
function suffixes(suffix: string): DecoderMaker {
  return (_, emit) => {
    let last: string | undefined;
    return {
      push(token) {
        if (last !== undefined) emit(last.replaceAll(suffix, " "));
        last = token;
      },
      end: () => last === undefined ? undefined : emit(last.replaceAll(suffix, "")),
    };
  };
}

function ctc({ pad_token = "<pad>", word_delimiter_token = "|", cleanup = true }: Component): DecoderMaker {
  return (_, emit) => {
    let last: string | undefined;
    return {
      push(token) {
        if (token === last) return;
        last = token;
        const text = token.replaceAll(String(pad_token), "");
        emit(cleanup ? cleaned(text).replaceAll(String(word_delimiter_token), " ") : text);
      },
      end: nothing,
    };
  };
}

/** Removes the spaces that a word-based tokenizer leaves before punctuation. */
function cleaned(text: string): string {
  const pairs = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"];
  return pairs.reduce((done, pair) => done.replaceAll(pair, pair.trim()), text);
}
