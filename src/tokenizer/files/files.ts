/**
 * Tokenizer files on disk: finding, reading and atomic writing.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { writeAtomically } from "../../formats/atomic_file.ts";
import { checkTokenizerJson, parseJson } from "./read_json.ts";
import { readSentencePiece } from "./sentencepiece.ts";
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
const TEMPLATE = "chat_template.jinja";

/**
 * Reads a tokenizer.json, a SentencePiece `.model`, or a folder with one of them (the first is preferred), and the
 * tokenizer_config.json beside it.
 *
 * @throws {FormatError} when there is no such file or it is damaged
 */
export async function readTokenizerFiles(path: string): Promise<TokenizerFiles> {
  const file = await find(path);
  const config = await readConfig(file.replace(/[^/\\]*$/, ""));
  if (!file.endsWith(".model")) {
    return { file, json: checkTokenizerJson(parseJson(await Deno.readTextFile(file), file), file), config };
  }
  const model = readSentencePiece(await Deno.readFile(file), file);
  const { chat_template } = config;
  // The other fields of the configuration describe how Python reads the .model, not the tokenizer.json made from it.
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

/** Reads the configuration in `folder`; newer folders keep the chat template in a separate file. */
async function readConfig(folder: string): Promise<TokenizerConfig> {
  const file = folder + CONFIG;
  const config = parseJson(await readIfThere(file) ?? "{}", file);
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new FormatError("Cannot read the tokenizer configuration: it must be an object", { file });
  }
  const chat_template = await readIfThere(folder + TEMPLATE);
  return { ...config, ...(chat_template !== undefined && { chat_template }) };
}

/** Writes tokenizer.json and tokenizer_config.json atomically into `dir`, which is created. */
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
  } catch (error) {
    for (const [name] of texts) await Deno.remove(temporary(name)).catch(() => {});
    throw error;
  }
}

/** Writes the bytes of a SentencePiece model atomically to `path`, whose folder is created. */
export async function writeModelFile(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(path.replace(/[^/\\]*$/, "") || ".", { recursive: true });
  await writeAtomically(path, (write) => write(bytes));
}
