/**
 * Parser and checks of a tokenizer.json, so that a wrong file is an error here and not wrong ids later.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import type { AddedToken } from "../added_tokens.ts";
import type { ModelJson, TokenizerJson } from "./tokenizer_json.ts";

/**
 * Parses JSON.
 *
 * @param file the file's path, for errors
 * @throws {FormatError} with the byte offset of the error
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = (cause as Error).message;
    const found = /at position (\d+)/.exec(message)?.[1];
    const position = found === undefined ? text.length : Number(found);
    const offset = new TextEncoder().encode(text.slice(0, position)).length;
    throw new FormatError(`Cannot read JSON: ${message}`, { file, offset, expected: "JSON", cause });
  }
}

/**
 * Checks that `value` is a tokenizer.json and fills in the parts that files may omit.
 *
 * @param file the file's path, for errors
 * @throws {FormatError} naming the wrong part
 */
export function checkTokenizerJson(value: unknown, file: string): TokenizerJson {
  const fail = (problem: string): never => {
    throw new FormatError(`Cannot read the tokenizer: ${problem}`, { file, expected: "a tokenizer.json" });
  };
  if (!isRecord(value)) return fail(`expected an object, found ${show(value)}`);
  if (!isRecord(value.model)) return fail(`"model" must be an object, current value is ${show(value.model)}`);
  for (const part of ["normalizer", "pre_tokenizer", "post_processor", "decoder"]) {
    const step = value[part] ?? null;
    if (step !== null && !(isRecord(step) && typeof step.type === "string")) {
      fail(`"${part}" must be null or an object with a type, current value is ${show(step)}`);
    }
  }
  const added = value.added_tokens ?? [];
  if (!Array.isArray(added)) return fail(`"added_tokens" must be a list, current value is ${show(added)}`);
  added.forEach((token, i) => isAddedToken(token) || fail(`added token ${i} needs an id and a content`));
  checkModel(value.model as unknown as ModelJson, added, fail);
  return {
    ...value,
    added_tokens: added,
    normalizer: value.normalizer ?? null,
    pre_tokenizer: value.pre_tokenizer ?? null,
    post_processor: value.post_processor ?? null,
    decoder: value.decoder ?? null,
  } as TokenizerJson;
}

function checkModel(model: ModelJson, added: readonly AddedToken[], fail: (problem: string) => never): void {
  const vocab: unknown = model.vocab;
  if (Array.isArray(vocab)) return;
  if (!isRecord(vocab)) return fail(`"model.vocab" must be an object, current value is ${show(vocab)}`);
  const owners = new Map<unknown, string>();
  for (const [token, id] of Object.entries(vocab)) {
    if (!isId(id)) fail(`the id of ${show(token)} must be a whole number, current value is ${show(id)}`);
    if (owners.has(id)) fail(`${show(owners.get(id))} and ${show(token)} have the same id ${id}`);
    owners.set(id, token);
  }
  for (const { id, content } of added) {
    const owner = owners.get(id);
    if (owner !== undefined && owner !== content) {
      fail(`${show(owner)} and ${show(content)} have the same id ${id}`);
    }
  }
  if (model.type === "BPE") checkMerges(model.merges, vocab, fail);
}

function checkMerges(
  merges: unknown,
  vocab: Record<string, unknown>,
  fail: (problem: string) => never,
): void {
  if (!Array.isArray(merges)) return fail(`"model.merges" must be a list, current value is ${show(merges)}`);
  merges.forEach((merge, rank) => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(pair) || pair.length !== 2) {
      fail(`merge ${rank} must be a pair, current value is ${show(merge)}`);
    }
    const missing = [...pair, pair[0] + pair[1]].find((token) => !Object.hasOwn(vocab, token));
    if (missing !== undefined) fail(`merge ${rank} needs ${show(missing)}, which is not in the vocabulary`);
  });
}

function isAddedToken(token: unknown): token is AddedToken {
  return isRecord(token) && isId(token.id) && typeof token.content === "string" && token.content !== "";
}

function isId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
