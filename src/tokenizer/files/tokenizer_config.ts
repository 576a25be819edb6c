/**
 * The file `tokenizer_config.json` of Hugging Face transformers: which tokens play which part, and the chat template.
 *
 * @module
 */
import type { AddedToken, Component, TokenizerJson } from "./tokenizer_json.ts";

/** A token by its text, or as an object that holds it. */
export type TokenName = string | { content: string } | null;

/** The contents of a tokenizer_config.json, as far as they matter here. */
export interface TokenizerConfig {
  /** Opens a document. */
  bos_token?: TokenName;
  /** Closes a document. */
  eos_token?: TokenName;
  /** Stands for what cannot be written. */
  unk_token?: TokenName;
  /** Fills short rows. */
  pad_token?: TokenName;
  /** A Jinja template, or several with names, of which "default" counts. */
  chat_template?: string | { name: string; template: string }[] | null;
  /** Python's default decoding drops spaces before punctuation. */
  clean_up_tokenization_spaces?: boolean;
  /** Whatever else a file holds is written back as it was. */
  [key: string]: unknown;
}

/** Ids of the tokens with a part to play; -1 where the vocabulary has none. */
export interface Roles {
  /** Opens a document. */
  bos: number;
  /** Closes a document. */
  eos: number;
  /** Stands for what cannot be written. */
  unk: number;
  /** Fills short rows. */
  pad: number;
}

/**
 * The parts of the tokens: as the configuration names them, else as the post-processor places them (BOS before, EOS
 * after the text), else by LLaMA's names.
 */
export function rolesOf(
  json: TokenizerJson,
  config: TokenizerConfig,
  idOf: (token: string) => number | undefined,
): Roles {
  const around = specialsAround(json.post_processor);
  const find = (...names: (TokenName | undefined)[]) => {
    for (const name of names) {
      const id = name ? idOf(typeof name === "string" ? name : name.content) : undefined;
      if (id !== undefined) return id;
    }
    return -1;
  };
  return {
    bos: find(config.bos_token, around.before, "<s>"),
    eos: find(config.eos_token, around.after, "</s>"),
    unk: find(config.unk_token, json.model.unk_token, "<unk>"),
    pad: find(config.pad_token, "<pad>"),
  };
}

function specialsAround(processor: Component | null): { before?: string; after?: string } {
  const list = processor?.type === "Sequence" ? listOf(processor.processors) : [processor];
  const template = (list as (Component | null)[]).find((step) => step?.type === "TemplateProcessing");
  const items = listOf(template?.single) as ({ SpecialToken?: { id: string }; Sequence?: unknown } | null)[];
  const text = items.findIndex((item) => item?.Sequence);
  return {
    before: items.slice(0, Math.max(text, 0))[0]?.SpecialToken?.id,
    after: items.slice(text + 1)[0]?.SpecialToken?.id,
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * The configuration that is written beside a tokenizer.json: `loaded` with what this tokenizer stands for.
 * Python's `AutoTokenizer` reads it as a plain fast tokenizer, which takes tokenizer.json as it is; its own Llama
 * class would rebuild it.
 */
export function tokenizerConfig(
  json: TokenizerJson,
  roles: Roles,
  loaded: TokenizerConfig,
  template: string | undefined,
): TokenizerConfig {
  const named = (id: number) => json.added_tokens.find((token) => token.id === id)?.content;
  const config: TokenizerConfig = {
    bos_token: named(roles.bos),
    eos_token: named(roles.eos),
    unk_token: named(roles.unk),
    pad_token: named(roles.pad),
    ...extraTokens(json.added_tokens, Object.values(roles)),
    add_bos_token: specialsAround(json.post_processor).before !== undefined,
    add_eos_token: specialsAround(json.post_processor).after !== undefined,
    clean_up_tokenization_spaces: false,
    tokenizer_class: "PreTrainedTokenizerFast",
    ...loaded,
  };
  if (template === undefined) delete config.chat_template;
  else config.chat_template = template;
  return JSON.parse(JSON.stringify(config));
}

function extraTokens(
  added: readonly AddedToken[],
  taken: number[],
): { additional_special_tokens?: string[] } {
  const extra = added.filter((token) => token.special && !taken.includes(token.id)).map((token) =>
    token.content
  );
  return extra.length === 0 ? {} : { additional_special_tokens: extra };
}

/** The chat template of a configuration: the one named "default" of several. */
export function templateOf({ chat_template: template }: TokenizerConfig): string | undefined {
  if (!Array.isArray(template)) return template ?? undefined;
  return (template.find(({ name }) => name === "default") ?? template[0])?.template;
}
