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
 * Checks that `value` can be written as a save writes it.
 *
 * @throws {FormatError} for a value that is nested too deeply
 */
export function checkDepth(value: unknown, file: string): void {
  try {
    JSON.stringify(value, null, 1);
  } catch (cause) {
    throw new FormatError("Cannot read the tokenizer: it is nested too deeply to be written again", {
      file,
      cause,
    });
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
  for (const [part, list] of Object.entries(STEPS)) {
    if ((value[part] ?? null) !== null) checkStep(value[part], part, list, fail);
  }
  const added = value.added_tokens ?? [];
  if (!Array.isArray(added)) return fail(`"added_tokens" must be a list, current value is ${show(added)}`);
  added.forEach((token, i) =>
    isAddedToken(token) ||
    fail(`added token ${i} needs an id and a content: ${AN_ID}, a text, and flags true or false`)
  );
  checkModel(value.model as unknown as ModelJson, added, fail);
  checkDepth({ ...value, model: { ...value.model, vocab: null, merges: null } }, file);
  return {
    ...value,
    added_tokens: added,
    normalizer: value.normalizer ?? null,
    pre_tokenizer: value.pre_tokenizer ?? null,
    post_processor: value.post_processor ?? null,
    decoder: value.decoder ?? null,
  } as TokenizerJson;
}

/** The most ids of a vocabulary; a larger id would make tables that no memory holds. [ours] */
const MAX_ID = 2 ** 24;

type Fail = (problem: string) => never;

/** The steps of a tokenizer.json, and the names of the lists of their sequences. */
const STEPS = {
  normalizer: "normalizers",
  pre_tokenizer: "pretokenizers",
  post_processor: "processors",
  decoder: "decoders",
} as const;

/** The most levels of sequences inside sequences. [ours] */
const MAX_DEPTH = 16;

/** Checks a step and the steps of its sequence. */
function checkStep(step: unknown, part: string, list: string, fail: Fail, depth = 0): void {
  if (!isRecord(step) || typeof step.type !== "string") {
    const kind = depth === 0 ? "null or an object" : "an object";
    return fail(`"${part}" must be ${kind} with a type, current value is ${show(step)}`);
  }
  if (step.type !== "Sequence") return;
  if (depth === MAX_DEPTH) return fail(`"${part}" has sequences in sequences, ${MAX_DEPTH} levels deep`);
  const steps = step[list];
  if (!Array.isArray(steps)) return fail(`"${part}.${list}" must be a list, current value is ${show(steps)}`);
  steps.forEach((inner, i) => checkStep(inner, `${part}.${list}[${i}]`, list, fail, depth + 1));
}

function checkModel(model: ModelJson, added: readonly AddedToken[], fail: Fail): void {
  const vocab: unknown = model.vocab;
  const owners = new Map<number, string>();
  if (Array.isArray(vocab)) {
    vocab.forEach((entry, id) => {
      if (!Array.isArray(entry) || typeof entry[0] !== "string" || !Number.isFinite(entry[1])) {
        fail(`entry ${id} of "model.vocab" must be a token and a score, current value is ${show(entry)}`);
      }
      owners.set(id, entry[0]);
    });
    return checkAdded(owners, added, fail);
  }
  if (!isRecord(vocab)) return fail(`"model.vocab" must be an object, current value is ${show(vocab)}`);
  for (const [token, id] of Object.entries(vocab)) {
    if (!isId(id)) return fail(`the id of ${show(token)} must be ${AN_ID}, current value is ${show(id)}`);
    const owner = owners.get(id);
    if (owner !== undefined) fail(`${show(owner)} and ${show(token)} have the same id ${id}`);
    owners.set(id, token);
  }
  checkAdded(owners, added, fail);
  if (model.type === "BPE") checkMerges(model, vocab, fail);
}

/** Checks that no two tokens have one id or one text, and that no id lies behind a gap, where tokenizers gives another. */
function checkAdded(owners: ReadonlyMap<number, string>, added: readonly AddedToken[], fail: Fail): void {
  const ids = new Map(Array.from(owners, ([id, token]) => [token, id]));
  const taken = new Map(owners);
  for (const { id, content } of added) {
    const owner = taken.get(id);
    const known = ids.get(content);
    if (owner !== undefined && owner !== content) {
      fail(`${show(owner)} and ${show(content)} have the same id ${id}`);
    }
    if (known !== undefined && known !== id) fail(`${show(content)} has the ids ${known} and ${id}`);
    taken.set(id, content);
    ids.set(content, id);
  }
  if (owners.size !== sizeOf(owners) || taken.size === sizeOf(taken)) return;
  let gap = 0;
  while (taken.has(gap)) gap++;
  fail(`no token has the id ${gap}, and added tokens have larger ones`);
}

/** Returns the largest id plus 1. */
function sizeOf(tokens: ReadonlyMap<number, string>): number {
  let size = 0;
  for (const id of tokens.keys()) size = Math.max(size, id + 1);
  return size;
}

function checkMerges(
  { merges, continuing_subword_prefix: prefix }: ModelJson,
  vocab: object,
  fail: Fail,
): void {
  if (!Array.isArray(merges)) return fail(`"model.merges" must be a list, current value is ${show(merges)}`);
  const inner = typeof prefix === "string" ? prefix.length : 0;
  merges.forEach((merge: unknown, rank) => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((part) => typeof part !== "string")) {
      return fail(`merge ${rank} must be a pair, current value is ${show(merge)}`);
    }
    const missing = [...pair, pair[0] + pair[1].slice(inner)].find((token) => !Object.hasOwn(vocab, token));
    if (missing !== undefined) fail(`merge ${rank} needs ${show(missing)}, which is not in the vocabulary`);
  });
}

const FLAGS = ["single_word", "lstrip", "rstrip", "normalized", "special"];

function isAddedToken(token: unknown): token is AddedToken {
  return isRecord(token) && isId(token.id) && typeof token.content === "string" && token.content !== "" &&
    FLAGS.every((flag) => token[flag] === undefined || typeof token[flag] === "boolean");
}

const AN_ID = `a whole number below ${MAX_ID}`;

function isId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < MAX_ID;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
