/**
 * Models on the Hugging Face hub: `hf://owner/name`, `hf://owner/name@revision`, and `hf://owner/name/file.gguf`.
 *
 * The files of a model are downloaded into the cache folder once, an interrupted file continues at its last byte, and they
 * are linked into a folder of their own. A complete folder is used without asking the hub.
 *
 * @module
 */
import { cacheHome, digest } from "../../base/cache.ts";
import { ConfigError, FormatError } from "../../base/errors.ts";
import { partNames } from "../../formats/gguf/gguf_parts.ts";
import { fetched, hubListing } from "../../data/io/download_cache.ts";
import { bytes as showBytes, type Progress, withProgress } from "../../display/mod.ts";
import { readJson } from "./json_files.ts";
import { INDEX_FILE, remedyFor, shardNames, WEIGHTS_FILE } from "./weight_files.ts";

const COMPLETE_MARK = ".whole";
const SMALL_FILES = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer.model",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "chat_template.json",
  "adapter_config.json",
];

/** Parts of an address: owner, name and revision hold no slash and no leading dot, so that none leads to another folder. */
const ADDRESS = /^hf:\/\/(?:models\/)?(\w[\w.-]*\/\w[\w.-]*(?:@\w[\w.-]*)?)(?:\/(.+))?$/;

/**
 * Downloads a model, unless it is in the cache.
 *
 * @returns the path of its folder, or of its file if the address names one
 * @throws {DataError} when the repository does not exist or the download fails
 * @throws {FormatError} when the repository holds no safetensors
 * @throws {ConfigError} for an address that is not of that form, or whose parts lead elsewhere
 */
export async function fetchModel(address: string, signal?: AbortSignal): Promise<string> {
  const [, repository, file] = ADDRESS.exec(address) ?? [];
  const leads = file?.split(/[/\\]/).some((part) => /^(\.|%2e)*$/i.test(part));
  if (!repository || leads || repository.includes("..")) {
    throw new ConfigError(
      `Cannot load ${address}: it must be hf://owner/name, without "." or ".." as a part`,
      {
        path: "Model.load",
      },
    );
  }
  const root = `hf://models/${repository}`;
  if (file) {
    const parts = partNames(file);
    const progress = { total: parts.length, unit: "file" };
    if (parts.length === 1) return await fetchFile(`${root}/${file}`, undefined, signal);
    const folder = `${cacheHome()}/models/${await digest(`${root}/${parts[0]}`)}`;
    await Deno.mkdir(folder, { recursive: true });
    await withProgress(`fetching ${file}`, progress, async (progress) => {
      for (const part of parts) {
        await link(await fetchFile(`${root}/${part}`, undefined, signal), `${folder}/${baseOf(part)}`);
        progress.add();
      }
    });
    return `${folder}/${baseOf(file)}`;
  }
  const [, name] = repository.split(/[/@]/);
  const folder = `${cacheHome()}/models/${await digest(root)}/${name}`;
  if (await Deno.stat(`${folder}/${COMPLETE_MARK}`).then(() => true, () => false)) return folder;
  await Deno.mkdir(folder, { recursive: true });
  await fetchFolder(root, folder, signal);
  await Deno.writeTextFile(`${folder}/${COMPLETE_MARK}`, root);
  return folder;
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

async function fetchFolder(root: string, folder: string, signal?: AbortSignal): Promise<void> {
  const listing = await hubListing(`${root}/*`);
  const sizes = new Map(listing.map(({ path, bytes }) => [path, bytes]));
  const fetchAll = (names: string[], label: string) => {
    const total = names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
    return withProgress(label, { total, format: showBytes }, async (progress) => {
      for (const name of names) {
        await link(await fetchFile(`${root}/${name}`, progress, signal), `${folder}/${name}`);
      }
    });
  };
  if (!sizes.has("config.json") || !(sizes.has(INDEX_FILE) || sizes.has(WEIGHTS_FILE))) {
    const names = [...sizes.keys()];
    const remedy = remedyFor(names, root);
    throw new FormatError(
      `Cannot load the model: expected config.json and ${WEIGHTS_FILE} or ${INDEX_FILE}, the repository holds ` +
        `${names.slice(0, 20).join(", ")}${remedy ? ` (${remedy})` : ""}`,
      { file: root, expected: WEIGHTS_FILE },
    );
  }
  const sharded = !sizes.has(WEIGHTS_FILE);
  const small = sharded ? [...SMALL_FILES, INDEX_FILE] : SMALL_FILES;
  await fetchAll(small.filter((name) => sizes.has(name)), `${root}: configuration`);
  const weights = sharded
    ? shardNames(await readJson(`${folder}/${INDEX_FILE}`), `${root}/${INDEX_FILE}`)
    : [WEIGHTS_FILE];
  await fetchAll(weights, root);
}

async function fetchFile(
  address: string,
  progress: Progress | undefined,
  signal?: AbortSignal,
): Promise<string> {
  for await (const { path } of fetched(address, signal, (bytes) => progress?.add(bytes))) return path;
  throw new FormatError(`Cannot fetch ${address}: it names no file`, { file: address });
}

/** Gives a cached file a second name; copies it if the file system has no hard links. */
async function link(from: string, to: string): Promise<void> {
  await Deno.remove(to).catch(() => {});
  await Deno.link(from, to).catch(() => Deno.copyFile(from, to));
}
