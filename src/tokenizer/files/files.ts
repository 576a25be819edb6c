/**
 * Tokenizer files on disk: finding, reading and atomic writing.
 *
 * @module
 */
import { basename } from "node:path";
import { FormatError } from "../../base/errors.ts";
import { checkPath } from "../../base/schema.ts";
import { withProgress } from "../../display/progress.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { readUtf8 } from "../../formats/encoding/utf8_file.ts";
import { completeTokens } from "./complete_tokens.ts";
import { checkDepth, checkTokenizerJson, parseJson } from "./read_json.ts";
import { readSentencePiece } from "./sentencepiece.ts";
import { isTiktoken, readTiktoken } from "./tiktoken.ts";
import type { TokenizerConfig } from "./tokenizer_config.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** Contents of the files of a tokenizer. */
export interface TokenizerFiles {
  /** Contents of tokenizer.json. */
  json: TokenizerJson;
  /** Contents of tokenizer_config.json; empty without that file. */
  config: TokenizerConfig;
  /** Path of the file that `json` was read from, for errors. */
  file: string;
}

const MODEL = "tokenizer.model";
const JSON_FILE = "tokenizer.json";
const CONFIG = "tokenizer_config.json";

/** Files beside tokenizer.json that transformers 5 reads; a template in a file outranks that of the configuration. */
const TEMPLATE = "chat_template.jinja";
const TEMPLATE_JSON = "chat_template.json";
const TEMPLATES = "additional_chat_templates";
const ADDED_TOKENS = "added_tokens.json";
const SPECIAL_TOKENS = "special_tokens_map.json";

/** Vocabularies of which only the class in Python knows how they split texts. */
const FOREIGN = [
  ...["vocab.json", "merges.txt", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tekken.json"],
  ...["tiktoken.model", "qwen.tiktoken"],
];

/**
 * Reads a tokenizer.json, a `.model` of SentencePiece or of Llama 3, or a folder with one of them (the first is
 * preferred), and the files beside it.
 *
 * @throws {FormatError} when there is no such file or it is damaged
 */
export function readTokenizerFiles(path: string): Promise<TokenizerFiles> {
  return withProgress(`loading ${basename(String(path))}`, {}, () => readFiles(path));
}

async function readFiles(path: string): Promise<TokenizerFiles> {
  const file = await find(path);
  const folder = file.replace(/[^/\\]*$/, "");
  const { config, ids } = await readConfig(folder);
  const read = file.endsWith(".model") ? await readModel(file, config) : {
    json: checkTokenizerJson(parseJson(await readUtf8(file), file), file),
    config,
  };
  const json = completeTokens(read.json, read.config, ids, file);
  // SentencePiece has no normalised added tokens: in a .model they are found in the text as it is.
  if (file.endsWith(".model")) {
    json.added_tokens = json.added_tokens.map((token) => ({ ...token, normalized: false }));
  }
  return { file, json, config: read.config };
}

/**
 * Returns the files of a parsed tokenizer.json and tokenizer_config.json, which are copied.
 *
 * @throws {FormatError} naming what is wrong in them
 */
export function filesOf(json: unknown, config: TokenizerConfig): TokenizerFiles {
  const file = JSON_FILE;
  const checked = structuredClone(checkTokenizerJson(json, file));
  return { json: completeTokens(checked, config, undefined, file), config: { ...config }, file };
}

/** Reads a `.model`; the configuration beside it outranks the names of tokens in it. */
async function readModel(
  file: string,
  config: TokenizerConfig,
): Promise<{ json: TokenizerJson; config: TokenizerConfig }> {
  const data = await Deno.readFile(file);
  const model = isTiktoken(data)
    ? readTiktoken(data, file)
    : readSentencePiece(data, file, config.legacy === false);
  const post_processor = config.add_bos_token === false ? null : model.json.post_processor;
  return { json: { ...model.json, post_processor }, config: { ...model.config, ...config } };
}

async function find(path: string): Promise<string> {
  checkPath(path, "Tokenizer.load");
  const kind = await infoOf(path);
  if (kind?.isFile) return path;
  for (const name of kind?.isDirectory ? [JSON_FILE, MODEL] : []) {
    const file = `${path.replace(/[/\\]+$/, "")}/${name}`;
    if ((await infoOf(file))?.isFile) return file;
  }
  const why = kind
    ? await foreignVocabulary(path) ?? `the folder holds neither ${JSON_FILE} nor ${MODEL}`
    : "there is no such file or folder. Tokenizer.train(dataset, { vocabSize }) makes one, and tokenizer.save(folder) and " +
      "model.save(folder) write it";
  throw new FormatError(`Cannot load a tokenizer from ${path}: ${why}`, { file: path, expected: JSON_FILE });
}

/** Returns the facts of a file or folder; undefined where there is none. */
async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}

/**
 * Returns what to do about a folder whose tokenizer is in files that are not read here, or lacks its vocabulary; undefined
 * for a folder without a tokenizer.
 */
export async function foreignVocabulary(folder: string): Promise<string | undefined> {
  const names = new Set(await namesIn(folder));
  const found = FOREIGN.filter((name) => names.has(name));
  if (found.length > 0) {
    return `the folder holds ${found.join(" and ")}, but no ${JSON_FILE}: write one in Python with ` +
      "AutoTokenizer.from_pretrained(folder).save_pretrained(folder)";
  }
  const described = [CONFIG, SPECIAL_TOKENS, ADDED_TOKENS].find((name) => names.has(name));
  return described && `the folder holds ${described}, but no ${JSON_FILE}: download that file as well`;
}

async function readIfThere(file: string, keepsMark = false): Promise<string | undefined> {
  try {
    return await readUtf8(file, { keepsMark });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reads a JSON object; undefined when there is no such file. */
async function readObject(file: string): Promise<Record<string, unknown> | undefined> {
  const text = await readIfThere(file);
  const value = text === undefined ? undefined : parseJson(text, file);
  if (value === undefined) return undefined;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    checkDepth(value, file);
    return value as Record<string, unknown>;
  }
  throw new FormatError("Cannot read the tokenizer configuration: it must be an object", { file });
}

/** Reads the configuration in `folder`, and the ids of added_tokens.json, in transformers' order of rank. */
async function readConfig(
  folder: string,
): Promise<{ config: TokenizerConfig; ids: Record<string, unknown> | undefined }> {
  const config: TokenizerConfig = await readObject(folder + CONFIG) ?? {};
  const hasDecoder = config.added_tokens_decoder !== undefined;
  const named = hasDecoder ? {} : await readObject(folder + SPECIAL_TOKENS);
  const chat_template = await readTemplates(folder);
  return {
    config: { ...config, ...named, ...(chat_template !== undefined && { chat_template }) },
    ids: await readObject(folder + ADDED_TOKENS),
  };
}

/** Reads the chat templates in files of their own; undefined when there are none. */
async function readTemplates(folder: string): Promise<TokenizerConfig["chat_template"] | undefined> {
  const named: Record<string, string> = {};
  const main = await readIfThere(folder + TEMPLATE, true);
  if (main !== undefined) named.default = main;
  for (const name of await namesIn(folder + TEMPLATES)) {
    if (!name.endsWith(".jinja")) continue;
    named[name.slice(0, -".jinja".length)] = await readUtf8(`${folder}${TEMPLATES}/${name}`, {
      keepsMark: true,
    });
  }
  if (Object.keys(named).length > 0) return named;
  return (await readObject(folder + TEMPLATE_JSON))?.chat_template as TokenizerConfig["chat_template"];
}

/** Returns the names of the files in a folder, in order; none when there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter((entry) => entry.isFile).map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

/**
 * Writes tokenizer.json and tokenizer_config.json atomically into `dir`, which is created. Files of an earlier tokenizer
 * that would outrank them are removed.
 */
export async function writeTokenizerFiles(
  dir: string,
  json: TokenizerJson,
  config: TokenizerConfig,
): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const texts = [[JSON_FILE, JSON.stringify(json, null, 1)], [CONFIG, JSON.stringify(config, null, 2)]];
  const unique = crypto.randomUUID();
  const temporary = (name: string) => `${dir}/${name}.${unique}.tmp`;
  try {
    for (const [name, text] of texts) await Deno.writeTextFile(temporary(name), text + "\n");
    for (const [name] of texts) await Deno.rename(temporary(name), `${dir}/${name}`);
    for (const name of [TEMPLATE, TEMPLATE_JSON, ADDED_TOKENS, SPECIAL_TOKENS]) {
      await removeIfThere(`${dir}/${name}`);
    }
    for (const name of await namesIn(`${dir}/${TEMPLATES}`)) {
      if (name.endsWith(".jinja")) await Deno.remove(`${dir}/${TEMPLATES}/${name}`);
    }
  } catch (error) {
    for (const [name] of texts) await Deno.remove(temporary(name)).catch(() => {});
    throw error;
  }
}

async function removeIfThere(file: string): Promise<void> {
  try {
    await Deno.remove(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Writes the bytes of a SentencePiece model atomically to `path`, whose folder is created. */
export async function writeModelFile(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(path.replace(/[^/\\]*$/, "") || ".", { recursive: true });
  await writeAtomically(path, (write) => write(bytes));
}
