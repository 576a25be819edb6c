/**
 * Reader of a vocabulary in tiktoken's format, in which Meta releases Llama 3: a line per token, with its bytes in
 * base64 and its rank.
 *
 * It converts the vocabulary to a tokenizer.json, as the converter of Hugging Face transformers does. The pattern and
 * the special tokens, which the file lacks, are those of Meta's code for Llama 3.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { byteLetters } from "../llama/byte_letters.ts";
import { byteLevelModel } from "./byte_level_model.ts";
import type { TokenizerConfig } from "./tokenizer_config.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** The pattern of Llama 3 that splits a text into words. */
export const LLAMA3_WORDS =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" +
  "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Number of tokens in Llama 3's file, and of the special tokens behind them. */
const LLAMA3_SIZE = 128_000;
const SPECIAL_TOKENS = 256;

/** The first special tokens of Llama 3.1 and later by their place; the others are reserved, and numbered. */
const NAMES: Readonly<Record<number, string>> = {
  0: "<|begin_of_text|>",
  1: "<|end_of_text|>",
  4: "<|finetune_right_pad_id|>",
  6: "<|start_header_id|>",
  7: "<|end_header_id|>",
  8: "<|eom_id|>",
  9: "<|eot_id|>",
  10: "<|python_tag|>",
};

/** Returns true for bytes that begin like a file of tiktoken; a SentencePiece model begins with a line feed. */
export function isTiktoken(data: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(data.subarray(0, 4096));
  return /^[A-Za-z0-9+/]+={0,2} \d+\r?(?:\n|$)/.test(start);
}

/**
 * Reads a vocabulary in tiktoken's format as Llama 3's.
 *
 * @throws {FormatError} naming a wrong line, and for a vocabulary that is larger than Llama 3's, whose pattern differs
 */
export function readTiktoken(
  data: Uint8Array,
  file: string,
): { json: TokenizerJson; config: TokenizerConfig } {
  const ranks = ranksOf(data, file);
  const refuse = (problem: string): never => {
    throw new FormatError(`Cannot use the vocabulary: ${problem}; load its tokenizer.json instead`, { file });
  };
  if (ranks.size > LLAMA3_SIZE) {
    refuse(
      `it has ${ranks.size} tokens, Llama 3's has ${LLAMA3_SIZE}, and the pattern of another is not known`,
    );
  }
  const letters = byteLetters();
  const missing = letters.findIndex((letter) => !ranks.has(letter));
  if (missing >= 0) refuse(`it has no token for the byte ${missing}`);
  const names = specialNames();
  const added = names.map((content, i) => {
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    return { id: ranks.size + i, content, ...flags };
  });
  const begin = names[0];
  const part = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const bos = (type_id: number) => ({ SpecialToken: { id: begin, type_id } });
  return {
    json: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: LLAMA3_WORDS }, behavior: "Isolated", invert: false },
          { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
      post_processor: {
        type: "TemplateProcessing",
        single: [bos(0), part("A", 0)],
        pair: [bos(0), part("A", 0), bos(1), part("B", 1)],
        special_tokens: { [begin]: { id: begin, ids: [ranks.size], tokens: [begin] } },
      },
      ...byteLevelModel(Object.fromEntries(ranks), mergesOf(ranks), true),
    },
    config: { bos_token: begin, eos_token: names[1], clean_up_tokenization_spaces: false },
  };
}

/** Returns the names of the special tokens in the order of their ids. */
function specialNames(): string[] {
  let reserved = 0;
  return Array.from(
    { length: SPECIAL_TOKENS },
    (_, i) => NAMES[i] ?? `<|reserved_special_token_${reserved++}|>`,
  );
}

/** Reads the lines: the rank of each token, which is written in GPT-2's letters. */
function ranksOf(data: Uint8Array, file: string): Map<string, number> {
  const letters = byteLetters();
  const ranks = new Map<string, number>();
  const lines = new TextDecoder("latin1").decode(data).split(/\r?\n/);
  const taken = new Set<number>();
  let offset = 0;
  for (const line of lines) {
    const fail = (problem: string): never => {
      throw new FormatError(`Cannot read the vocabulary: ${problem}`, {
        file,
        offset,
        expected: "base64 and a rank",
      });
    };
    if (line !== "") {
      const [, base64, number] = /^([A-Za-z0-9+/]+={0,2}) (\d+)$/.exec(line) ?? fail("a line is damaged");
      const token = Array.from(bytesOf(base64) ?? fail("a token is no base64"), (byte) => letters[byte]).join(
        "",
      );
      const rank = Number(number);
      if (ranks.has(token)) fail("a token stands twice");
      if (taken.has(rank)) fail(`the rank ${rank} stands twice`);
      taken.add(rank);
      ranks.set(token, rank);
    }
    offset += line.length + 1;
  }
  const gap = Array.from({ length: ranks.size }, (_, rank) => rank).find((rank) => !taken.has(rank));
  if (gap === undefined) return ranks;
  throw new FormatError(`Cannot read the vocabulary: no token has the rank ${gap}`, { file });
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Returns the merges by rank: every split of a token in two tokens, ordered by the ranks of the whole and the parts. */
function mergesOf(ranks: ReadonlyMap<string, number>): [string, string][] {
  const inOrder = [...ranks].sort((a, b) => a[1] - b[1]);
  return inOrder.flatMap(([token]) => {
    const cuts: [string, string][] = [];
    for (let at = 1; at < token.length; at++) {
      const left = token.slice(0, at);
      const right = token.slice(at);
      if (ranks.has(left) && ranks.has(right)) cuts.push([left, right]);
    }
    return cuts.sort((a, b) => ranks.get(a[0])! - ranks.get(b[0])! || ranks.get(a[1])! - ranks.get(b[1])!);
  });
}
