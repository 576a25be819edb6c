/**
 * Tokenizers in GGUF files: SentencePiece vocabularies (`llama`) are written and read, byte-level ones (`gpt2`) read.
 *
 * @module
 */
import { FormatError } from "../../../base/errors.ts";
import type { GgufValue } from "../../../formats/gguf/header.ts";
import type { WrittenValue } from "../../../formats/gguf/writer.ts";
import { type Piece, type PieceKind, Tokenizer, type TokenizerConfig } from "../../../tokenizer/mod.ts";
import { tokenizerJson } from "../../../tokenizer/files/tokenizer_json.ts";
import { byteLevelJson } from "./byte_level.ts";

/** The values of `llama_token_type`, which count from 1. */
const KINDS: PieceKind[] = ["normal", "unknown", "control", "user", "unused", "byte"];
const ROLES = {
  bos: "bos_token_id",
  eos: "eos_token_id",
  unk: "unknown_token_id",
  pad: "padding_token_id",
} as const;

/** The names of tokens that fill the vocabulary up to the model's. */
const PADDING_TOKEN = /^\[PAD\d+\]$/;

/**
 * Returns the values that describe a tokenizer.
 *
 * @param vocabSize the model's vocabulary, which may be larger than the tokenizer's
 * @throws {ConfigError} for vocabularies that are not SentencePiece-like
 */
export function tokenizerValues(
  tokenizer: Tokenizer | undefined,
  vocabSize: number,
): Map<string, WrittenValue> {
  const values = new Map<string, WrittenValue>();
  const set = (name: string, value: WrittenValue) => values.set(`tokenizer.${name}`, value);
  if (!tokenizer) return set("ggml.model", { type: "string", value: "no_vocab" });
  const pieces = tokenizer.pieces();
  for (let id = pieces.length; id < vocabSize; id++) {
    pieces.push({ text: `[PAD${id}]`, kind: "unused", score: 0 });
  }
  set("ggml.model", { type: "string", value: "llama" });
  set("ggml.pre", { type: "string", value: "default" });
  set("ggml.tokens", { type: "string", value: pieces.map(({ text }) => text) });
  set("ggml.scores", { type: "f32", value: pieces.map(({ kind, score }) => kind === "normal" ? score : 0) });
  set("ggml.token_type", { type: "i32", value: pieces.map(({ kind }) => KINDS.indexOf(kind) + 1) });
  const { bosId: bos, eosId: eos, unkId: unk, padId: pad } = tokenizer;
  const ids = { bos, eos, unk, pad };
  for (const [role, name] of Object.entries(ROLES)) {
    const id = ids[role as keyof typeof ids];
    if (id >= 0) set(`ggml.${name}`, { type: "u32", value: id });
  }
  set("ggml.add_bos_token", { type: "bool", value: bos >= 0 });
  set("ggml.add_eos_token", { type: "bool", value: false });
  set("ggml.add_space_prefix", { type: "bool", value: true });
  if (tokenizer.chatTemplate !== null) {
    set("chat_template", { type: "string", value: tokenizer.chatTemplate });
  }
  return values;
}

/**
 * Returns the tokenizer of a GGUF file; undefined if it has none.
 *
 * @throws {FormatError} for a tokenizer that is damaged, or of another kind
 */
export function tokenizerFromGguf(
  values: ReadonlyMap<string, GgufValue>,
  file: string,
): Tokenizer | undefined {
  const model = values.get("tokenizer.ggml.model");
  if (model === undefined || model === "no_vocab" || model === "none") return undefined;
  const get = (name: string) => values.get(`tokenizer.ggml.${name}`);
  const refuse = (why: string): never => {
    throw new FormatError(
      `Cannot use the tokenizer: ${why}; give another with Model.load(..., { tokenizer })`,
      { file },
    );
  };
  const tokens = get("tokens");
  const types = get("token_type");
  const scores = get("scores");
  if (!areTexts(tokens) || tokens.length === 0) {
    return refuse("tokenizer.ggml.tokens is not a list of texts");
  }
  if (types !== undefined && !(areNumbers(types) && types.length === tokens.length)) {
    return refuse("tokenizer.ggml.token_type does not match the tokens");
  }
  const kindOf = (id: number) => types === undefined ? "normal" : KINDS[types[id] - 1] ?? "unused";
  const config = tokenizerConfigOf(values, tokens);
  const addsBos = get("add_bos_token") ?? model === "llama";
  const bos = addsBos ? config.bos_token as string | undefined : undefined;
  if (model === "gpt2") {
    const merges = get("merges");
    const pre = String(get("pre") ?? "default");
    if (!areTexts(merges)) return refuse("tokenizer.ggml.merges is not a list of texts");
    if (!["llama-bpe", "llama3", "llama-v3"].includes(pre)) {
      return refuse(`tokenizer.ggml.pre is "${pre}", "llama-bpe" is needed`);
    }
    const kinds = tokens.map((_, id) => kindOf(id));
    return Tokenizer.fromJSON(byteLevelJson(tokens, kinds, merges, bos), config);
  }
  if (model !== "llama") return refuse(`tokenizer.ggml.model is "${model}", "llama" or "gpt2" is needed`);
  if (!areNumbers(scores) || scores.length !== tokens.length) {
    return refuse("tokenizer.ggml.scores does not match the tokens");
  }
  const pieces = tokens.map((text, id): Piece => ({ text, kind: kindOf(id), score: scores[id] }));
  while (pieces.at(-1)?.kind === "unused" && PADDING_TOKEN.test(pieces.at(-1)!.text)) pieces.pop();
  if (new Set(pieces.map(({ text }) => text)).size !== pieces.length) {
    return refuse("two tokens have the same text");
  }
  return Tokenizer.fromJSON(tokenizerJson(pieces, get("add_space_prefix") !== false, bos ?? ""), config);
}

function tokenizerConfigOf(
  values: ReadonlyMap<string, GgufValue>,
  tokens: readonly string[],
): TokenizerConfig {
  const named = (role: keyof typeof ROLES) => {
    const id = values.get(`tokenizer.ggml.${ROLES[role]}`);
    return typeof id === "number" ? tokens[id] : undefined;
  };
  const template = values.get("tokenizer.chat_template");
  const [bos, eos, unk, pad] = (["bos", "eos", "unk", "pad"] as const).map(named);
  return {
    ...(bos !== undefined && { bos_token: bos }),
    ...(eos !== undefined && { eos_token: eos }),
    ...(unk !== undefined && { unk_token: unk }),
    ...(pad !== undefined && { pad_token: pad }),
    ...(typeof template === "string" && { chat_template: template }),
  };
}

function areTexts(value: GgufValue | undefined): value is readonly string[] {
  return Array.isArray(value) && (value.length === 0 || typeof value[0] === "string");
}

function areNumbers(value: GgufValue | undefined): value is readonly number[] {
  return Array.isArray(value) && (value.length === 0 || typeof value[0] === "number");
}
