/**
 * Added tokens that stand outside tokenizer.json or tokenizer.model: in tokenizer_config.json, added_tokens.json and
 * special_tokens_map.json. Transformers 5 adds them when it loads a tokenizer.
 *
 * @module
 */
import type { AddedToken } from "../added_tokens.ts";
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { textOf, type TokenizerConfig, type TokenName } from "./tokenizer_config.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** The fields of a configuration that name one special token each, in the order in which missing ones are added. */
const NAMED = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/** A token without its id, or with the id that a file gives it. */
type Wanted = Omit<AddedToken, "id"> & { id?: number };

/**
 * Returns `json` with the tokens that the other files name. A token without an id gets the next one.
 *
 * @param ids contents of added_tokens.json: ids by token; it counts where the configuration has no
 * `added_tokens_decoder`
 * @throws {FormatError} for a token whose id is taken, or is not the next one, and for a name that is no text
 */
export function completeTokens(
  json: TokenizerJson,
  config: TokenizerConfig,
  ids: Record<string, unknown> | undefined,
  file: string,
): TokenizerJson {
  const extra = extraOf(config).map((token) => ["additional_special_tokens", token] as const);
  const named = [...NAMED.map((field) => [field, config[field]] as const), ...extra]
    .map(([field, token]) => nameOf(field, token, file)).filter((name) => name !== "");
  const wanted: Wanted[] = [
    ...declared(config, ids, new Set(named), file),
    ...named.map((content) => ({ content, special: true })),
  ];
  const added = new Map(json.added_tokens.map((token) => [token.content, token]));
  const vocab = new Map(
    Array.isArray(json.model.vocab)
      ? json.model.vocab.map(([token], id) => [token, id] as const)
      : Object.entries(json.model.vocab),
  );
  let next = 0;
  for (const id of vocab.values()) next = Math.max(next, id + 1);
  for (const { id } of added.values()) next = Math.max(next, id + 1);
  for (const token of wanted) {
    const known = added.get(token.content)?.id ?? vocab.get(token.content);
    const isNamed = token.id === undefined;
    if (known !== undefined && isNamed && added.has(token.content)) continue;
    const id = known ?? next++;
    if (token.id !== undefined && token.id !== id) {
      throw new FormatError(
        `Cannot use the tokenizer: the added token ${
          show(token.content)
        } has the id ${token.id}, but its place is ` +
          `${id}`,
        { file },
      );
    }
    added.set(token.content, { ...plain(token.special === true), ...token, id });
  }
  return { ...json, added_tokens: [...added.values()].sort((a, b) => a.id - b.id) };
}

/** Returns the text of the token that a field names, "" where it names none. */
function nameOf(field: string, token: unknown, file: string): string {
  if (token === null || token === undefined) return "";
  const text = textOf(token as TokenName);
  if (typeof text === "string") return text;
  throw new FormatError(
    `Cannot use the tokenizer: ${field} names a special token that must be a text, current value is ${
      show(token)
    }`,
    { file },
  );
}

/** Returns the tokens that files give an id. */
function declared(
  config: TokenizerConfig,
  ids: Record<string, unknown> | undefined,
  special: ReadonlySet<string>,
  file: string,
): Wanted[] {
  const decoder = config.added_tokens_decoder;
  const refuse = (field: string, problem: unknown) => {
    throw new FormatError(`Cannot use the tokenizer: ${field} has the entry ${show(problem)}`, { file });
  };
  const found = decoder && typeof decoder === "object"
    ? Object.entries(decoder).map(([id, token]): Wanted => {
      const { content, lstrip, rstrip, single_word, normalized, special } = Object(token);
      if (typeof content !== "string" || content === "") refuse("added_tokens_decoder", { [id]: token });
      const flags = { lstrip, rstrip, single_word, normalized, special };
      const given = Object.fromEntries(Object.entries(flags).filter(([, flag]) => typeof flag === "boolean"));
      return { content, ...plain(given.special === true), ...given, id: Number(id) };
    })
    : Object.entries(ids ?? {}).map(([content, id]): Wanted => ({
      content,
      ...plain(special.has(content)),
      id: id as number,
    }));
  for (const { content, id } of found) {
    if (!Number.isInteger(id) || id! < 0) refuse("the list of added tokens", { [content]: id });
  }
  return found.sort((a, b) => a.id! - b.id!);
}

/** Returns the flags of an added token of which only its kind is known. */
function plain(special: boolean): Omit<AddedToken, "id" | "content"> {
  return { single_word: false, lstrip: false, rstrip: false, normalized: !special, special };
}

function extraOf(config: TokenizerConfig): unknown[] {
  const extra = config.extra_special_tokens ?? config.additional_special_tokens ?? [];
  return Array.isArray(extra) ? extra : typeof extra === "object" ? Object.values(extra as object) : [];
}
