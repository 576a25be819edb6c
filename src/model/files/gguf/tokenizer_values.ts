/**
 * The values of a GGUF file that describe a tokenizer.
 *
 * A tokenizer whose ids llama.cpp would not repeat is refused with the part that it cannot express. One difference
 * remains: where a tokenizer.json has the pre-tokenizer `Metaspace`, a text that begins with a space gets no other one in
 * front, in llama.cpp it does.
 *
 * @module
 */
import { ConfigError } from "../../../base/errors.ts";
import { show } from "../../../base/schema.ts";
import type { WrittenValue } from "../../../formats/gguf/writer.ts";
import type { Piece } from "../../../tokenizer/llama/pieces.ts";
import { SPACE } from "../../../tokenizer/llama/pretokenize.ts";
import type { Tokenizer, TokenizerConfig } from "../../../tokenizer/mod.ts";
import {
  type Component,
  llamaNormalizer,
  type TokenizerJson,
  vocabularyPieces,
} from "../../../tokenizer/files/tokenizer_json.ts";
import { isMarker } from "../../../tokenizer/files/tokenizer_config.ts";
import { endNames } from "./end_tokens.ts";
import { KINDS, ROLES } from "./gguf_tokenizer.ts";
import { preTokenizerOf } from "./gguf_pre_tokenizers.ts";
import { mergeObstacle } from "./spm_merges.ts";

/** A vocabulary as a GGUF file holds it. */
interface WrittenVocabulary {
  model: "llama" | "gpt2";
  pre: string;
  pieces: Piece[];
  /** Merges of a byte-level vocabulary by rank, `"a b"`. */
  merges?: string[];
  addsSpace?: boolean;
}

/**
 * Returns the values that describe a tokenizer.
 *
 * @param vocabSize the model's vocabulary, which may be larger than the tokenizer's
 * @throws {ConfigError} for a tokenizer for which llama.cpp would give other ids, naming the reason
 */
export function tokenizerValues(
  tokenizer: Tokenizer | undefined,
  vocabSize: number,
): Map<string, WrittenValue> {
  const values = new Map<string, WrittenValue>();
  const set = (name: string, value: WrittenValue) => values.set(`tokenizer.${name}`, value);
  if (!tokenizer) return set("ggml.model", { type: "string", value: "no_vocab" });
  const { json, config } = tokenizer.job().config as { json: TokenizerJson; config: TokenizerConfig };
  checkModel(json);
  const isByteLevel = json.decoder?.type === "ByteLevel";
  const { model, pre, pieces, merges, addsSpace } = isByteLevel ? byteLevel(json) : sentencePiece(json);
  for (const token of json.added_tokens) {
    const piece = pieces[token.id];
    if (piece.kind === "user" && isMarker(token, config)) pieces[token.id] = { ...piece, kind: "control" };
  }
  leaveOut(pieces, vocabSize, tokenizer);
  for (let id = 0; id < vocabSize; id++) {
    pieces[id] ??= { text: `[PAD${id}]`, kind: "unused", score: 0 };
  }
  const owners = new Map(pieces.map(({ text }, id) => [text, id]));
  const twice = pieces.find(({ text }, id) => owners.get(text) !== id);
  if (twice) throw refusal(`two of its tokens have the text ${show(twice.text)}`);
  const { bosId: bos, eosId: eos, unkId: unk, padId: pad } = tokenizer;
  if (eos < 0) throw refusal("it has no EOS, and llama.cpp would end texts with another token");
  if (pieces[unk]?.kind === "control") pieces[unk] = { ...pieces[unk], kind: "unknown" };
  set("ggml.model", { type: "string", value: model });
  set("ggml.pre", { type: "string", value: pre });
  set("ggml.tokens", { type: "string", value: pieces.map(({ text }) => text) });
  if (!merges) {
    const scores = pieces.map(({ kind, score }) => kind === "normal" ? score : 0);
    set("ggml.scores", { type: "f32", value: scores });
  }
  set("ggml.token_type", { type: "i32", value: pieces.map(({ kind }) => KINDS.indexOf(kind) + 1) });
  if (merges) set("ggml.merges", { type: "string", value: merges });
  const ids = { bos, eos, unk, pad };
  for (const [role, name] of Object.entries(ROLES)) {
    const id = ids[role as keyof typeof ids];
    if (id >= 0 && id < vocabSize) set(`ggml.${name}`, { type: "u32", value: id });
  }
  const ends = tokenizer.stopIds.filter((id) => id !== eos && id < vocabSize);
  const named = endNames(ends, pieces.map(({ text }) => text));
  if (!named) {
    throw refusal(`${ends.length} tokens besides EOS end a text, which is more than a file can name`);
  }
  for (const [name, id] of named) set(`ggml.${name}_token_id`, { type: "u32", value: id });
  set("ggml.add_bos_token", { type: "bool", value: tokenizer.addsBos });
  set("ggml.add_eos_token", { type: "bool", value: addsEos(json) });
  if (addsSpace !== undefined) set("ggml.add_space_prefix", { type: "bool", value: addsSpace });
  if (tokenizer.chatTemplate !== null) {
    set("chat_template", { type: "string", value: tokenizer.chatTemplate });
  }
  const templates = Array.isArray(config.chat_template) ? config.chat_template : [];
  for (const { name, template } of templates) {
    if (name !== "default") set(`chat_template.${name}`, { type: "string", value: template });
  }
  return values;
}

/**
 * Leaves out tokens beyond the model's table, such as a `[PAD]` that was added to the files: llama.cpp loads no model with
 * more tokens than rows.
 */
function leaveOut(pieces: Piece[], vocabSize: number, { bosId, eosId }: Tokenizer): void {
  const needed = pieces.findIndex(({ kind }, id) =>
    id >= vocabSize && (kind === "normal" || id === bosId || id === eosId)
  );
  if (needed >= 0) {
    throw refusal(
      `its token ${show(pieces[needed].text)} has the id ${needed}, the model only ${vocabSize} ids`,
    );
  }
  pieces.length = Math.min(pieces.length, vocabSize);
}

/** Returns true when the post-processor puts a token behind a text. */
function addsEos({ post_processor: processor }: TokenizerJson): boolean {
  const list = (processor?.type === "Sequence" ? processor.processors : [processor]) as (Component | null)[];
  const single = list.find((part) => part?.type === "TemplateProcessing")?.single;
  const items = Array.isArray(single) ? single as { Sequence?: unknown }[] : [];
  return items.length > 0 && items.at(-1)?.Sequence === undefined;
}

function refusal(reason: string): ConfigError {
  return new ConfigError(
    `Cannot write the tokenizer into a GGUF file: ${reason}. Save without it, or as a Hugging Face folder`,
    { path: "Model.save.format" },
  );
}

/** Refuses what neither of the two forms can express. */
function checkModel({ model, added_tokens }: TokenizerJson): void {
  if ((model.type ?? "BPE") !== "BPE") throw refusal(`its model is ${show(model.type)}, "BPE" is needed`);
  for (const name of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[name]) throw refusal(`model.${name} is ${show(model[name])}, none is needed`);
  }
  for (const token of added_tokens) {
    const flag = (["lstrip", "rstrip", "single_word"] as const).find((name) => token[name]);
    if (flag) throw refusal(`its token ${show(token.content)} has ${flag}, which the format does not hold`);
  }
}

function byteLevel(json: TokenizerJson): WrittenVocabulary {
  const { model, normalizer, pre_tokenizer, added_tokens } = json;
  if (normalizer) throw refusal(`it normalises texts (${normalizer.type}), which llama.cpp does not`);
  const pre = preTokenizerOf(pre_tokenizer, model.ignore_merges === true);
  if (!pre) {
    const merged = model.ignore_merges ? " with ignore_merges" : "";
    throw refusal(`llama.cpp has no name for its pre_tokenizer${merged} ${JSON.stringify(pre_tokenizer)}`);
  }
  const pieces: Piece[] = [];
  for (const [text, id] of Object.entries(model.vocab as Record<string, number>)) {
    pieces[id] = { text, kind: "normal", score: 0 };
  }
  for (const { id, content, special } of added_tokens) {
    pieces[id] = { text: content, kind: special ? "control" : "user", score: 0 };
  }
  const merges = (model.merges ?? []).map((merge) => typeof merge === "string" ? merge : merge.join(" "));
  return { model: "gpt2", pre: pre.names[0], pieces, merges };
}

function sentencePiece(json: TokenizerJson): WrittenVocabulary {
  const { model, added_tokens } = json;
  const addsSpace = spacePrefixOf(json);
  if (!model.byte_fallback) throw refusal("its model has no bytes for rare characters (byte_fallback)");
  if (model.ignore_merges) throw refusal("its model has ignore_merges, which llama.cpp does not know here");
  const pieces = vocabularyPieces(json);
  const merges = (model.merges ?? []).map((merge): readonly [string, string] => {
    const [left, right] = typeof merge === "string" ? merge.split(" ") : merge;
    return [left, right];
  });
  const obstacle = mergeObstacle(pieces, merges);
  if (obstacle) throw refusal(obstacle);
  const texts = new Map(pieces.map((piece) => [piece.text, piece.kind]));
  for (const { content, special } of added_tokens) {
    for (let at = 1; special && at < content.length; at++) {
      const halves = [content.slice(0, at), content.slice(at)];
      if (halves.some((half) => texts.get(half) !== "normal")) continue;
      throw refusal(`llama.cpp would read ${halves.join(" and ")} in a text as its token ${show(content)}`);
    }
  }
  return { model: "llama", pre: "default", pieces, addsSpace };
}

/** Returns true when a space goes in front of a text; refuses splits of a text that the format does not hold. */
function spacePrefixOf({ normalizer, pre_tokenizer: pre, added_tokens }: TokenizerJson): boolean {
  const ordinary = added_tokens.find((token) => !token.special);
  if (pre === null) {
    const form = [true, false].find((prefix) =>
      JSON.stringify(normalizer) === JSON.stringify(llamaNormalizer(prefix))
    );
    if (form === undefined) throw refusal(`its normalizer ${JSON.stringify(normalizer)} is not LLaMA's`);
    if (ordinary?.normalized) {
      throw refusal(`its token ${show(ordinary.content)} is searched in normalised text (normalized)`);
    }
    return form;
  }
  if (normalizer) throw refusal(`it normalises texts (${normalizer.type}), which llama.cpp does not`);
  const scheme = pre.prepend_scheme ?? (pre.add_prefix_space === false ? "never" : "always");
  if (pre.type !== "Metaspace" || pre.replacement !== SPACE || pre.split !== false) {
    throw refusal(`llama.cpp does not split texts as its pre_tokenizer ${JSON.stringify(pre)} does`);
  }
  if (scheme === "first" && ordinary) {
    throw refusal(
      `llama.cpp puts a space behind ${
        show(ordinary.content)
      }, its pre_tokenizer (prepend_scheme "first") none`,
    );
  }
  return scheme !== "never";
}
