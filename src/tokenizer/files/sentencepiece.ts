/**
 * Reader of SentencePiece's `tokenizer.model`, the file in which Meta released LLaMA's vocabulary.
 *
 * It converts the model to a tokenizer.json, as the converter of Hugging Face transformers does.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import type { Piece } from "../llama/pieces.ts";
import { SPACE } from "../llama/pretokenize.ts";
import { fieldsOf } from "./protobuf.ts";
import type { TokenizerConfig } from "./tokenizer_config.ts";
import { type TokenizerJson, tokenizerJson } from "./tokenizer_json.ts";
import { KINDS } from "./write_sentencepiece.ts";

/** Field number and default of the used fields of `TrainerSpec` and `NormalizerSpec` in sentencepiece_model.proto. */
const TRAINER = {
  type: [3, 1],
  suffix: [24, 0],
  bytes: [35, -1],
  unk: [40, 0],
  bos: [41, 1],
  eos: [42, 2],
  pad: [43, -1],
} as const;
const NORMALIZER = { prefix: [3, 1], trims: [4, 1], escapes: [5, 1] } as const;
const CHARACTER_MAP = 2;

/**
 * Reads a SentencePiece model of byte-pair encoding.
 *
 * @param file the file's path, for errors
 * @param startsOnce true to put a space in front of the first text alone, as `"legacy": false` of a configuration says,
 * and not in front of each text behind a control token
 * @throws {FormatError} for damaged bytes and for models unlike LLaMA's: unigram models, and normalisers that change
 * more than spaces
 */
export function readSentencePiece(
  data: Uint8Array,
  file: string,
  startsOnce = false,
): { json: TokenizerJson; config: TokenizerConfig } {
  const pieces: Piece[] = [];
  const parts = new Map<number, Uint8Array>();
  for (const { number, bytes } of fieldsOf(data, file)) {
    if (number === 1) pieces.push(readPiece(bytes, file));
    else parts.set(number, bytes);
  }
  if (pieces.length === 0) {
    throw new FormatError("Cannot read the SentencePiece model: it has no pieces", { file, offset: 0 });
  }
  const trainer = numbers(parts.get(2), TRAINER, file);
  const normalizer = numbers(parts.get(3), NORMALIZER, file);
  const refuse = (problem: string) => {
    throw new FormatError(`Cannot use the SentencePiece model: ${problem}; load its tokenizer.json instead`, {
      file,
    });
  };
  if (trainer.type !== 2) refuse("it is not byte-pair encoding");
  if (trainer.suffix) refuse("it writes spaces behind words");
  if (normalizer.trims) refuse("it removes extra spaces");
  if (!normalizer.escapes) refuse("it keeps spaces as they are (escape_whitespaces)");
  const unused = pieces.find((piece) => piece.kind === "unused" && [...piece.text].length === 1);
  if (unused) refuse(`its character "${unused.text}" is unused`);
  if (
    [...fieldsOf(parts.get(3) ?? new Uint8Array(), file)].some((f) =>
      f.number === CHARACTER_MAP && f.bytes.length
    )
  ) {
    refuse("it rewrites characters");
  }
  const name = (id: number) => pieces[id]?.text;
  const config = {
    bos_token: name(trainer.bos),
    eos_token: name(trainer.eos),
    unk_token: name(trainer.unk),
    pad_token: name(trainer.pad),
  };
  const json = tokenizerJson(pieces, normalizer.prefix === 1, config.bos_token);
  if (trainer.bytes === 0) json.model.byte_fallback = false;
  if (startsOnce && normalizer.prefix === 1) {
    json.normalizer = null;
    json.pre_tokenizer = { type: "Metaspace", replacement: SPACE, prepend_scheme: "first", split: false };
  }
  return { json: withUserSymbols(json, pieces), config };
}

/**
 * Makes words of the user-defined symbols. SentencePiece finds them in the normalised text, the longest first, and never
 * merges them.
 */
function withUserSymbols(json: TokenizerJson, pieces: readonly Piece[]): TokenizerJson {
  const symbols = pieces.filter((piece) => piece.kind === "user").map((piece) => piece.text);
  if (symbols.length === 0) return json;
  const inOrder = symbols.sort((a, b) => b.length - a.length).map((text) =>
    text.replace(/[\\^$.*+?()[\]{}|-]/g, "\\$&")
  );
  const split = { type: "Split", pattern: { Regex: inOrder.join("|") }, behavior: "Isolated", invert: false };
  const before = json.pre_tokenizer;
  return {
    ...json,
    added_tokens: json.added_tokens.filter((token) => token.special),
    pre_tokenizer: before === null ? split : { type: "Sequence", pretokenizers: [before, split] },
    model: { ...json.model, ignore_merges: true },
  };
}

function readPiece(data: Uint8Array, file: string): Piece {
  const piece: Piece = { text: "", kind: "normal", score: 0 };
  for (const { number, value, bytes } of fieldsOf(data, file)) {
    if (number === 1) piece.text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    else if (number === 2) piece.score = value;
    else if (number === 3) piece.kind = KINDS[value - 1] ?? "unused";
  }
  return piece;
}

function numbers<Names extends string>(
  data: Uint8Array | undefined,
  schema: Readonly<Record<Names, readonly [field: number, fallback: number]>>,
  file: string,
): Record<Names, number> {
  const found = new Map<number, number>();
  for (const { number, value } of fieldsOf(data ?? new Uint8Array(), file)) found.set(number, value);
  const entries = Object.entries<readonly [number, number]>(schema);
  return Object.fromEntries(
    entries.map(([name, [field, fallback]]) => [name, found.get(field) ?? fallback]),
  ) as Record<
    Names,
    number
  >;
}
