/**
 * Tokenizer files on disk: finding them, reading them, and writing them whole or not at all.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { checkTokenizerJson, parseJson } from "./read_json.ts";
import { readSentencePiece } from "./sentencepiece.ts";
import type { TokenizerConfig } from "./tokenizer_config.ts";
import type { TokenizerJson } from "./tokenizer_json.ts";

/** What a tokenizer is made of. */
export interface TokenizerFiles {
  /** tokenizer.json. */
  json: TokenizerJson;
  /** tokenizer_config.json, empty where there is none. */
  config: TokenizerConfig;
  /** Where the first came from, for messages. */
  file: string;
}

const MODEL = "tokenizer.model";
const JSON_FILE = "tokenizer.json";
const CONFIG = "tokenizer_config.json";
const TEMPLATE = "chat_template.jinja";

/**
 * Reads a tokenizer.json, a SentencePiece `.model`, or a folder that holds one of them (the first is preferred);
 * a tokenizer_config.json beside it is read too.
 *
 * @throws {FormatError} when nothing is there or its contents are damaged
 */
export async function readTokenizerFiles(path: string): Promise<TokenizerFiles> {
  const file = await find(path);
  const config = await readConfig(file.replace(/[^/\\]*$/, ""));
  if (!file.endsWith(".model")) {
    return { file, json: checkTokenizerJson(parseJson(await Deno.readTextFile(file), file), file), config };
  }
  const model = readSentencePiece(await Deno.readFile(file), file);
  const { chat_template } = config;
  // The rest of the configuration describes Python's reading of the .model, not the tokenizer.json made of it.
  return {
    file,
    json: model.json,
    config: chat_template ? { ...model.config, chat_template } : model.config,
  };
}

async function find(path: string): Promise<string> {
  const kind = await Deno.stat(path).catch(() => undefined);
  if (kind?.isFile) return path;
  for (const name of kind?.isDirectory ? [JSON_FILE, MODEL] : []) {
    const file = `${path.replace(/[/\\]+$/, "")}/${name}`;
    if ((await Deno.stat(file).catch(() => undefined))?.isFile) return file;
  }
  const why = kind ? `the folder holds neither ${JSON_FILE} nor ${MODEL}` : "there is no such file or folder";
  throw new FormatError(`Cannot load a tokenizer: ${why}`, { file: path, expected: JSON_FILE });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The configuration in `folder`; newer folders keep the chat template in a file of its own. */
async function readConfig(folder: string): Promise<TokenizerConfig> {
  const file = folder + CONFIG;
  const config = parseJson(await readIfThere(file) ?? "{}", file);
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new FormatError("Cannot read the tokenizer configuration: it must be an object", { file });
  }
  const chat_template = await readIfThere(folder + TEMPLATE);
  return { ...config, ...(chat_template !== undefined && { chat_template }) };
}

/** Writes tokenizer.json and tokenizer_config.json into `dir`, which is made; no file is ever seen half written. */
export async function writeTokenizerFiles(
  dir: string,
  json: TokenizerJson,
  config: TokenizerConfig,
): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
  const texts = [[JSON_FILE, JSON.stringify(json, null, 1)], [CONFIG, JSON.stringify(config, null, 2)]];
  const mark = crypto.randomUUID();
  const draft = (name: string) => `${dir}/${name}.${mark}.tmp`;
  try {
    for (const [name, text] of texts) await Deno.writeTextFile(draft(name), text + "\n");
    for (const [name] of texts) await Deno.rename(draft(name), `${dir}/${name}`);
  } catch (error) {
    for (const [name] of texts) await Deno.remove(draft(name)).catch(() => {});
    throw error;
  }
}

/** Writes the bytes of a SentencePiece model to `path`, whose folder is made; the file is never seen half written. */
export async function writeModelFile(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(path.replace(/[^/\\]*$/, "") || ".", { recursive: true });
  await writeAtomically(path, (write) => write(bytes));
}
