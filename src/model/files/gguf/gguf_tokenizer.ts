/**
 * Tokenizers in GGUF files as `Tokenizer`s: SentencePiece vocabularies (`llama`) and byte-level ones (`gpt2`).
 *
 * @module
 */
import { FormatError } from "../../../base/errors.ts";
import { show } from "../../../base/schema.ts";
import type { GgufValue } from "../../../formats/gguf/header.ts";
import { type Piece, type PieceKind, Tokenizer, type TokenizerConfig } from "../../../tokenizer/mod.ts";
import { type Component, tokenizerJson } from "../../../tokenizer/files/tokenizer_json.ts";
import { byteLevelJson } from "./byte_level.ts";
import { endTokens, isEnd } from "./end_tokens.ts";
import { preTokenizerNamed, preTokenizerNames } from "./gguf_pre_tokenizers.ts";

/** The values of `llama_token_type`, which count from 1. */
export const KINDS: readonly PieceKind[] = ["normal", "unknown", "control", "user", "unused", "byte"];

/** Names of the ids of tokens with a role. */
export const ROLES = {
  bos: "bos_token_id",
  eos: "eos_token_id",
  unk: "unknown_token_id",
  pad: "padding_token_id",
} as const;

/** The ids that llama.cpp takes for SentencePiece vocabularies where the file names none. */
const LLAMA_IDS: Readonly<Record<string, number>> = { bos_token_id: 1, eos_token_id: 2, unknown_token_id: 0 };

/** The names of tokens that fill the vocabulary up to the model's. */
const PADDING_TOKEN = /^\[PAD\d+\]$/;

/** The vocabulary in a file, checked. */
interface Vocabulary {
  model: "llama" | "gpt2";
  tokens: readonly string[];
  kinds: readonly PieceKind[];
  /** Returns a value of `tokenizer.ggml`. */
  get(name: string): GgufValue | undefined;
  /** Returns the id that a value holds; undefined without it, or where the vocabulary has no such token. */
  idNamed(name: string): number | undefined;
  /** Returns a value that is true or false. */
  flag(name: string, otherwise: boolean): boolean;
  refuse(why: string): never;
}

/**
 * Returns the tokenizer of a GGUF file; undefined if it has none. Texts end where llama.cpp ends them.
 *
 * @throws {FormatError} for a tokenizer that is damaged, or of another kind; the message names the value
 */
export function tokenizerFromGguf(
  values: ReadonlyMap<string, GgufValue>,
  file: string,
): Tokenizer | undefined {
  const model = values.get("tokenizer.ggml.model");
  if (model === undefined || model === "no_vocab" || model === "none") return undefined;
  const vocabulary = vocabularyOf(model, values, file);
  const { tokens, idNamed, refuse } = vocabulary;
  const config = tokenizerConfigOf(values, vocabulary);
  const json = model === "gpt2" ? byteLevel(vocabulary) : sentencePiece(vocabulary);
  try {
    return Tokenizer.fromJSON(json, config).withEosIds(endTokens(tokens, idNamed));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return refuse(error.message);
  }
}

function vocabularyOf(model: GgufValue, values: ReadonlyMap<string, GgufValue>, file: string): Vocabulary {
  const get = (name: string) => values.get(`tokenizer.ggml.${name}`);
  const refuse = (why: string): never => {
    throw new FormatError(
      `Cannot use the tokenizer: ${why}; give another with Model.load(..., { tokenizer })`,
      { file },
    );
  };
  if (model !== "llama" && model !== "gpt2") {
    return refuse(`tokenizer.ggml.model is ${show(model)}, "llama" or "gpt2" is needed`);
  }
  const listed = get("tokens");
  const types = get("token_type");
  if (!areTexts(listed) || listed.length === 0) return refuse("tokenizer.ggml.tokens is not a list of texts");
  if (types !== undefined && !(areNumbers(types) && types.length >= listed.length)) {
    return refuse("tokenizer.ggml.token_type does not match the tokens");
  }
  const tokens = listed.map((text, id) => text === "" ? `[EMPTY_${id}]` : text); // as in llama.cpp
  const owners = new Map(tokens.map((text, id) => [text, id]));
  const twice = tokens.findIndex((text, id) => owners.get(text) !== id);
  if (twice >= 0) {
    return refuse(
      `two tokens have the same text: tokenizer.ggml.tokens holds ${show(tokens[twice])} at ${twice} and ` +
        `${owners.get(tokens[twice])}`,
    );
  }
  const kinds = tokens.map((text, id): PieceKind => {
    if (isEnd(text)) return "control";
    return types === undefined ? "normal" : KINDS[types[id] - 1] ?? "unused";
  });
  const idNamed = (name: string): number | undefined => {
    const id = get(name) ?? (model === "llama" ? LLAMA_IDS[name] : undefined);
    if (id === undefined) return undefined;
    if (typeof id !== "number" || !Number.isInteger(id)) {
      return refuse(`tokenizer.ggml.${name} is ${show(id)}, not an id`);
    }
    if (id >= 0 && id < tokens.length) return id;
    if (get(name) !== undefined && /^(bos|eos|eot|eom)_/.test(name)) {
      return refuse(`tokenizer.ggml.${name} is ${id}, the tokens are 0 to ${tokens.length - 1}`);
    }
  };
  const flag = (name: string, otherwise: boolean) => {
    const value = get(name) ?? otherwise;
    return typeof value === "boolean"
      ? value
      : refuse(`tokenizer.ggml.${name} is ${show(value)}, not true or false`);
  };
  return { model, tokens, kinds, get, idNamed, flag, refuse };
}

function byteLevel(vocabulary: Vocabulary): unknown {
  const { tokens, kinds, get, refuse } = vocabulary;
  const merges = get("merges");
  const name = get("pre") ?? "default";
  const pre = typeof name === "string" ? preTokenizerNamed(name) : undefined;
  if (!areTexts(merges)) return refuse("tokenizer.ggml.merges is not a list of texts");
  if (!pre) {
    return refuse(`tokenizer.ggml.pre is ${show(name)}, one of ${preTokenizerNames().join(", ")} is needed`);
  }
  const postProcessor = aroundTexts(vocabulary, pre.addsBos);
  return byteLevelJson({ tokens, kinds, merges, pre, postProcessor });
}

function sentencePiece(vocabulary: Vocabulary): unknown {
  const { tokens, kinds, get, flag, refuse } = vocabulary;
  const scores = get("scores");
  if (!areNumbers(scores) || scores.length < tokens.length) {
    return refuse("tokenizer.ggml.scores does not match the tokens");
  }
  if (!kinds.includes("byte")) {
    return refuse("tokenizer.ggml.token_type marks no bytes (6), which rare characters need");
  }
  const pieces = tokens.map((text, id): Piece => ({ text, kind: kinds[id], score: scores[id] }));
  while (pieces.at(-1)?.kind === "unused" && PADDING_TOKEN.test(pieces.at(-1)!.text)) pieces.pop();
  // llama.cpp joins pieces to an unused one as well.
  const json = tokenizerJson(
    pieces.map((piece) => piece.kind === "unused" ? { ...piece, kind: "normal" } : piece),
    flag("add_space_prefix", true),
  );
  checkScores(pieces, json.model.merges as string[], refuse);
  return { ...json, post_processor: aroundTexts(vocabulary, true) };
}

/**
 * Refuses scores that give merges no order, as in files whose converter knew none. Some pieces share a score in every
 * vocabulary of LLaMA's kind: runs of spaces.
 */
function checkScores(
  pieces: readonly Piece[],
  merges: readonly string[],
  refuse: (why: string) => never,
): void {
  const scores = new Map(pieces.map(({ text, score }) => [text, score]));
  const merged = new Set(merges.map((merge) => merge.replace(" ", "")));
  const different = new Set(Array.from(merged, (text) => scores.get(text)));
  if (2 * different.size >= merged.size) return;
  refuse(
    `tokenizer.ggml.scores has ${different.size} different scores for ${merged.size} pieces that merges make`,
  );
}

/** Returns the post-processor of a tokenizer.json that puts BOS and EOS around a text where the file says so. */
function aroundTexts({ tokens, get, idNamed, flag, refuse }: Vocabulary, addsBos: boolean): Component | null {
  const part = (name: "bos" | "eos", asked: boolean) => {
    if (!flag(`add_${name}_token`, asked)) return [];
    const id = idNamed(ROLES[name]);
    if (id !== undefined) return [{ id: tokens[id], ids: [id], tokens: [tokens[id]] }];
    if (get(`add_${name}_token`) === undefined) return [];
    return refuse(`tokenizer.ggml.add_${name}_token is true, ${ROLES[name]} is missing`);
  };
  const before = part("bos", addsBos);
  const after = part("eos", false);
  if (before.length + after.length === 0) return null;
  const around = (sequence: string, type_id: number) => {
    const special = ({ id }: { id: string }) => ({ SpecialToken: { id, type_id } });
    return [...before.map(special), { Sequence: { id: sequence, type_id } }, ...after.map(special)];
  };
  return {
    type: "TemplateProcessing",
    single: around("A", 0),
    pair: [...around("A", 0), ...around("B", 1)],
    special_tokens: Object.fromEntries([...before, ...after].map((token) => [token.id, token])),
  };
}

function tokenizerConfigOf(
  values: ReadonlyMap<string, GgufValue>,
  { tokens, idNamed }: Vocabulary,
): TokenizerConfig {
  const named = (role: keyof typeof ROLES) => {
    const id = idNamed(ROLES[role]);
    return id === undefined ? undefined : tokens[id];
  };
  const [bos, eos, unk, pad] = (["bos", "eos", "unk", "pad"] as const).map(named);
  const templates = templatesOf(values);
  const [template] = templates;
  return {
    ...(bos !== undefined && { bos_token: bos }),
    ...(eos !== undefined && { eos_token: eos }),
    ...(unk !== undefined && { unk_token: unk }),
    ...(pad !== undefined && { pad_token: pad }),
    ...(template && { chat_template: templates.length === 1 ? template.template : templates }),
  };
}

/** Returns the chat templates of a file, the default one first. */
function templatesOf(values: ReadonlyMap<string, GgufValue>): { name: string; template: string }[] {
  const prefix = "tokenizer.chat_template";
  return [...values].flatMap(([key, template]) => {
    const name = key === prefix ? "default" : key.startsWith(`${prefix}.`) && key.slice(prefix.length + 1);
    return name && typeof template === "string" ? [{ name, template }] : [];
  }).sort((a, b) => Number(b.name === "default") - Number(a.name === "default"));
}

function areTexts(value: GgufValue | undefined): value is readonly string[] {
  return Array.isArray(value) && (value.length === 0 || typeof value[0] === "string");
}

function areNumbers(value: GgufValue | undefined): value is readonly number[] {
  return Array.isArray(value) && (value.length === 0 || typeof value[0] === "number");
}
