/**
 * Models on the Hugging Face hub: `hf://owner/name`, `hf://owner/name@revision`, and `hf://owner/name/file.gguf`.
 *
 * What is needed of a repository is fetched into the cache folder once, each file going on where it was cut off, and
 * gathered in a folder of its own; a folder that is whole is used without asking the hub.
 *
 * @module
 */
import { cacheHome, digest } from "../../base/cache.ts";
import { ConfigError, FormatError } from "../../base/errors.ts";
import { fetched, hubListing } from "../../data/io/download_cache.ts";
import { bytes as showBytes, Progress } from "../../display/mod.ts";
import { readJson } from "./json_files.ts";
import { shardNames } from "./hf_folder.ts";

const INDEX = "model.safetensors.index.json";
const SINGLE = "model.safetensors";
const WHOLE = ".whole";
const SMALL = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer.model",
  "tokenizer_config.json",
  "chat_template.jinja",
];

/**
 * Brings a model to this machine.
 *
 * @returns the path of its folder, or of its file where the address names one
 * @throws {DataError} when there is no such repository or the download fails
 * @throws {FormatError} when the repository holds no weights that are read here
 */
export async function fetchModel(address: string, signal?: AbortSignal): Promise<string> {
  const found = /^hf:\/\/(?:models\/)?([^/@]+\/[^/@]+(?:@[^/]+)?)(?:\/(.+))?$/.exec(address);
  if (!found) {
    throw new ConfigError(`Cannot load ${address}: it must be hf://owner/name`, { path: "Model.load" });
  }
  const [, repository, file] = found;
  const root = `hf://models/${repository}`;
  if (file) {
    await using progress = new Progress(file, { format: showBytes });
    return await fetchFile(`${root}/${file}`, progress, signal);
  }
  const [, name] = repository.split(/[/@]/);
  const folder = `${cacheHome()}/models/${await digest(root)}/${name}`;
  if (await Deno.stat(`${folder}/${WHOLE}`).then(() => true, () => false)) return folder;
  await Deno.mkdir(folder, { recursive: true });
  await gather(root, folder, signal);
  await Deno.writeTextFile(`${folder}/${WHOLE}`, root);
  return folder;
}

async function gather(root: string, folder: string, signal?: AbortSignal): Promise<void> {
  const listing = await hubListing(`${root}/*`);
  const sizes = new Map(listing.map(({ path, bytes }) => [path, bytes]));
  const progress = (names: string[], label: string) => {
    const total = names.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
    return new Progress(label, { total, format: showBytes });
  };
  const fetchAll = async (names: string[], label: string) => {
    await using shown = progress(names, label);
    for (const name of names) {
      await place(await fetchFile(`${root}/${name}`, shown, signal), `${folder}/${name}`);
    }
  };
  if (!sizes.has("config.json") || !(sizes.has(INDEX) || sizes.has(SINGLE))) {
    const there = [...sizes.keys()].slice(0, 20).join(", ");
    throw new FormatError(
      `Cannot load the model: expected config.json and ${SINGLE} or ${INDEX}, the repository holds ${there}`,
      { file: root, expected: SINGLE },
    );
  }
  const sharded = sizes.has(INDEX);
  await fetchAll([...SMALL, INDEX].filter((name) => sizes.has(name)), `${root}: configuration`);
  const weights = sharded ? shardNames(await readJson(`${folder}/${INDEX}`), `${root}/${INDEX}`) : [SINGLE];
  await fetchAll(weights, root);
}

async function fetchFile(address: string, progress: Progress, signal?: AbortSignal): Promise<string> {
  for await (const { path } of fetched(address, signal, (bytes) => progress.add(bytes))) return path;
  throw new FormatError(`Cannot fetch ${address}: it names no file`, { file: address });
}

/** A second name for a cached file; a copy where the file system has no hard links. */
async function place(from: string, to: string): Promise<void> {
  await Deno.remove(to).catch(() => {});
  await Deno.link(from, to).catch(() => Deno.copyFile(from, to));
}
