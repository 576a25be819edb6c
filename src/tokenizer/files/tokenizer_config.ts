/**
 * The file `tokenizer_config.json` of Hugging Face transformers: the roles of special tokens, and the chat template.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { AddedToken } from "../added_tokens.ts";
import type { Component, TokenizerJson } from "./tokenizer_json.ts";

/** A token: its text, or an object with its text. */
export type TokenName = string | { content: string } | null;

/** The contents of a tokenizer_config.json. */
export interface TokenizerConfig {
  /** Token that opens a document. */
  bos_token?: TokenName;
  /** Token that closes a document. */
  eos_token?: TokenName;
  /** Token for characters that the vocabulary cannot represent. */
  unk_token?: TokenName;
  /** Token that fills short rows. */
  pad_token?: TokenName;
  /** A Jinja template, or several with names, of which the one named "default" is used. */
  chat_template?: string | { name: string; template: string }[] | Record<string, string> | null;
  /** True when decoding removes spaces before punctuation. */
  clean_up_tokenization_spaces?: boolean;
  /** Further fields, which are written back unchanged. */
  [key: string]: unknown;
}

/** Ids of the tokens with a role; -1 where the vocabulary has none. */
export interface Roles {
  /** Id that opens a document. */
  bos: number;
  /** Id that closes a document. */
  eos: number;
  /** Id for characters that the vocabulary cannot represent. */
  unk: number;
  /** Id that fills short rows. */
  pad: number;
}

/**
 * Finds the tokens with a role: as the configuration names them. Without a name, BOS and EOS are what the post-processor
 * puts around a text; and where the configuration names none at all, all have LLaMA's names.
 */
export function rolesOf(
  json: TokenizerJson,
  config: TokenizerConfig,
  idOf: (token: string) => number | undefined,
): Roles {
  const { before, after } = specialsAround(json.post_processor);
  const find = (token: TokenName | undefined, ...names: (string | null | undefined)[]) => {
    const own = textOf(token);
    for (const name of own === undefined ? names : [own]) {
      const id = name ? idOf(name) : undefined;
      if (id !== undefined) return id;
    }
    return -1;
  };
  const named = (name: string) => namesRoles(config) ? undefined : name;
  return {
    bos: find(config.bos_token, before.at(-1), named("<s>")),
    eos: find(config.eos_token, config.eos_token === null ? undefined : after[0], named("</s>")),
    unk: find(config.unk_token, json.model.unk_token, named("<unk>")),
    pad: find(config.pad_token, named("<pad>")),
  };
}

/** Returns true for a configuration that names a token with a role, or says that there is none. */
export function namesRoles(config: TokenizerConfig): boolean {
  return ROLE_FIELDS.some((field) => field in config);
}

/** The fields of a configuration that name a token with a role. */
const ROLE_FIELDS = ["bos_token", "eos_token", "unk_token", "pad_token"];

/**
 * Returns true when a text gets BOS in front. Only the post-processor of a tokenizer.json says so: transformers 5 reads
 * `add_bos_token` beside a .model alone.
 *
 * @param bos text of BOS
 * @throws {FormatError} for other tokens in front, which a prompt would lack, and for an unknown post-processor
 */
export function addsBos(processor: Component | null, bos: string | undefined, file: string): boolean {
  const unknown = stepsOf(processor).find((step) => !PROCESSORS.includes(step.type));
  if (unknown) {
    throw new FormatError(
      `Cannot use the tokenizer: its post_processor ${show(unknown.type)} is not supported`,
      {
        file,
      },
    );
  }
  const { before } = specialsAround(processor);
  if (before.length === 0 || (before.length === 1 && before[0] === bos)) return before.length === 1;
  throw new FormatError(
    `Cannot use the tokenizer: its post_processor puts ${before.join("")} in front of a text, but BOS is ` +
      `${bos ?? "no token"}; make post_processor and bos_token agree`,
    { file },
  );
}

/** The shape of a marker: `<|im_end|>`, or DeepSeek's with full-width bars. */
const MARKER = /^<[|\uFF5C].*[|\uFF5C]>$/s;

/**
 * Returns true for an added token that is control and never a user's text: a marker, and one that the chat template
 * writes.
 */
export function isControl(token: AddedToken, config: TokenizerConfig): boolean {
  const { content } = token;
  return isMarker(token, config) ||
    (content.trim().length > 1 && (templateOf(config)?.includes(content) ?? false));
}

/** Returns true for an added token that the file calls special, one with a role, and one in the shape of a marker. */
export function isMarker({ content, special }: AddedToken, config: TokenizerConfig): boolean {
  const roles = [config.bos_token, config.eos_token, config.pad_token, config.unk_token];
  return special === true || MARKER.test(content) || roles.some((role) => textOf(role) === content);
}

/** Returns the text of a token in a configuration. */
export function textOf(token: TokenName | undefined): string | undefined {
  return typeof token === "string" ? token : token?.content;
}

const PROCESSORS = ["TemplateProcessing", "ByteLevel", "BertProcessing", "RobertaProcessing"];

/** Returns the steps of a post-processor. */
function stepsOf(processor: Component | null): Component[] {
  if (processor === null) return [];
  return processor.type === "Sequence"
    ? (listOf(processor.processors) as Component[]).flatMap(stepsOf)
    : [processor];
}

/** Returns the tokens that a post-processor puts in front of a text and behind it. */
function specialsAround(processor: Component | null): { before: string[]; after: string[] } {
  const around = { before: [] as string[], after: [] as string[] };
  for (const step of stepsOf(processor)) {
    if (step.type === "BertProcessing" || step.type === "RobertaProcessing") {
      around.before.unshift(String(listOf(step.cls)[0]));
      around.after.push(String(listOf(step.sep)[0]));
    }
    if (step.type !== "TemplateProcessing") continue;
    const items = listOf(step.single) as ({ SpecialToken?: { id: string }; Sequence?: unknown } | null)[];
    const text = items.findIndex((item) => item?.Sequence);
    around.before.unshift(
      ...items.slice(0, Math.max(text, 0)).flatMap((item) => item?.SpecialToken?.id ?? []),
    );
    around.after.push(...items.slice(text + 1).flatMap((item) => item?.SpecialToken?.id ?? []));
  }
  return around;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * Returns the configuration to write beside a tokenizer.json: `loaded`, completed from the tokenizer. Its class makes
 * Python's `AutoTokenizer` use the tokenizer.json unchanged; the Llama class would rebuild it.
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
    add_bos_token: specialsAround(json.post_processor).before.length > 0,
    add_eos_token: specialsAround(json.post_processor).after.length > 0,
    clean_up_tokenization_spaces: false,
    ...loaded,
    tokenizer_class: "PreTrainedTokenizerFast",
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

/**
 * Returns the chat template of a configuration; of several the one named "default", or the only one.
 *
 * @throws {FormatError} for a value that is no template
 */
export function templateOf({ chat_template: template }: TokenizerConfig): string | undefined {
  if (template === null || template === undefined) return undefined;
  if (typeof template === "string") return template;
  const named = Array.isArray(template)
    ? template.map((entry) => [entry?.name, entry?.template])
    : Object.entries(template);
  if (typeof template !== "object" || named.flat().some((value) => typeof value !== "string")) {
    throw new FormatError(
      `Cannot use the chat_template ${
        show(template)
      } of the tokenizer configuration: it must be a text, a list of ` +
        `{ name, template }, or an object of texts`,
    );
  }
  const found = named.find(([name]) => name === "default") ?? (named.length === 1 ? named[0] : undefined);
  return found?.[1];
}
