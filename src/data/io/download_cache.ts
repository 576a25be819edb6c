/**
 * Cache of remote files: each address is downloaded into the cache folder once and then read from there.
 *
 * `https://...` is a file; `hf://owner/name/path` is a file (or a glob of files) of a data set on the Hugging Face hub,
 * `hf://models/owner/name/path` one of a model, and `hf://owner/name@revision/path` one of a revision. The environment
 * variables `HF_ENDPOINT` and `HF_TOKEN` set the hub and the token.
 *
 * @module
 */
import type { RepoDesignation } from "@huggingface/hub";
import { cacheHome, digest } from "../../base/cache.ts";
import { DataError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";
import { bytes as showBytes } from "../../display/format.ts";
import { withProgress } from "../../display/progress.ts";
import { setting } from "../../base/setting.ts";
import { lazily } from "../../base/lazy_import.ts";
import { download, type DownloadOptions, networkReason } from "../../formats/download.ts";

/** A file on this machine and the name that the user gave it. */
export interface LocalFile {
  /** Path on this machine. */
  path: string;
  /** The path or address that the user gave. */
  name: string;
}

/** Returns true for an address, false for a path. */
export function isRemote(pattern: string): boolean {
  return /^(https?|hf):\/\//.test(pattern);
}

/**
 * Yields the files of an address; each is downloaded when its turn comes, unless it is in the cache.
 *
 * @throws {DataError} when there is no such file or the download fails
 */
export async function* fetched(
  address: string,
  signal?: AbortSignal,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<LocalFile> {
  const options = { signal, onBytes };
  if (!address.startsWith("hf:")) {
    yield { path: await cached(address, () => Promise.resolve({ url: address }), options), name: address };
  } else {
    for (const file of await hubFiles(address)) {
      const name = nameOf(file);
      yield { path: await cached(name, () => hubAddress(file), options), name };
    }
  }
}

/**
 * Returns the address of each file that an address stands for: itself, or those of a glob on the hub.
 *
 * @throws {DataError} when there is no such file
 */
export async function addressesOf(address: string): Promise<string[]> {
  return address.startsWith("hf:") ? (await hubFiles(address)).map(nameOf) : [address];
}

function nameOf({ repo, revision, path }: HubFile): string {
  return `hf://${repo.type}s/${repo.name}${revision ? `@${revision}` : ""}/${path}`;
}

/**
 * Lists the files of a repository with their sizes in bytes, as the hub reports them; nothing is downloaded.
 *
 * @param glob such as `hf://models/owner/name/**`
 * @throws {DataError} when there is no such repository, or reading it is not permitted
 */
export async function hubListing(glob: string): Promise<{ path: string; bytes: number }[]> {
  const file = hubFileOf(glob);
  const pattern = globPattern(file.path);
  return (await listingOf(file)).filter(({ path }) => pattern.test(path));
}

type Request = { url: string; headers?: Record<string, string> };

async function cached(
  name: string,
  find: () => Promise<Request>,
  options: Pick<DownloadOptions, "signal" | "onBytes">,
): Promise<string> {
  const folder = `${cacheHome()}/downloads/${await digest(name)}`;
  const base = decodeURIComponent(new URL(name.replace(/^hf:/, "https:")).pathname).replace(/^.*\//, "");
  const path = `${folder}/${base.replace(/[^\w.-]/g, "_") || "file"}`;
  if (await exists(path)) return path;
  await Deno.mkdir(folder, { recursive: true });
  const { url, headers } = await find();
  await withProgress(`downloading ${base}`, { format: showBytes }, (progress) =>
    download(url, path, {
      headers,
      signal: options.signal,
      onSize: (total, present) => {
        progress.total = total;
        progress.set(present);
      },
      onBytes(bytes) {
        progress.add(bytes);
        options.onBytes?.(bytes);
      },
    }));
  return path;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

interface HubFile {
  repo: Exclude<RepoDesignation, string | URL>;
  revision?: string;
  path: string;
}

function hubFileOf(address: string): HubFile {
  const found = /^hf:\/\/(?:(dataset|model|space)s\/)?([^/@]+\/[^/@]+)(?:@([^/]+))?\/(.+)$/.exec(address);
  if (!found) {
    throw new DataError(
      `Cannot read ${address}: it must be hf://owner/name/path or hf://owner/name@revision/path`,
    );
  }
  const [, type = "dataset", name, revision, path] = found;
  return { repo: { type: type as "dataset", name }, revision, path };
}

/** Returns the file of an address, or the files of a glob in the order of their names. */
async function hubFiles(address: string): Promise<HubFile[]> {
  const file = hubFileOf(address);
  if (!/[*?]/.test(file.path)) return [file];
  const pattern = globPattern(file.path);
  const paths = (await namesOf(file)).filter((path) => pattern.test(path)).sort();
  if (paths.length === 0) {
    throw new DataError(`Cannot read ${address}: no file of ${file.repo.name} matches it`);
  }
  return paths.map((path) => ({ ...file, path }));
}

/** Converts a glob to a regular expression: `*` and `?` match within a folder, `**` across folders. */
function globPattern(glob: string): RegExp {
  const parts: Record<string, string> = { "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" };
  return new RegExp(
    `^${glob.replace(/\*\*\/|\*\*|\*|\?|[^*?]+/g, (part) => parts[part] ?? RegExp.escape(part))}$`,
  );
}

async function namesOf(file: HubFile): Promise<string[]> {
  return (await listingOf(file)).map(({ path }) => path);
}

async function listingOf({ repo, revision }: HubFile): Promise<{ path: string; bytes: number }[]> {
  const { listFiles } = await lazily(() => import("@huggingface/hub"));
  const files: { path: string; bytes: number }[] = [];
  try {
    for await (const { type, path, size } of listFiles({ repo, revision, recursive: true, ...hub() })) {
      if (type === "file") files.push({ path, bytes: size });
    }
  } catch (cause) {
    throw hubError(cause, `hf://${repo.type}s/${repo.name}`);
  }
  return files;
}

/** Returns the error of a request to the hub, which may have said no or not have been reached. */
function hubError(cause: unknown, address: string): DataError {
  const { statusCode } = cause as { statusCode?: number };
  const why = statusCode === undefined
    ? `${networkReason(cause)}; check the network and try again`
    : [401, 403, 404].includes(statusCode)
    ? `the hub has no such repository, or it needs a token (HF_TOKEN) or an accepted licence (${statusCode})`
    : (cause as Error).message;
  return new DataError(`Cannot read ${address}: ${why}`, { cause });
}

/** Asks the hub for the address of a file. */
async function hubAddress(file: HubFile): Promise<Request> {
  const { fileDownloadInfo } = await lazily(() => import("@huggingface/hub"));
  const { repo, revision, path } = file;
  const { hubUrl, accessToken } = hub();
  const responses: Response[] = [];
  const keepingFetch: typeof fetch = async (...request) => {
    responses.push(await fetch(...request));
    return responses[responses.length - 1];
  };
  try {
    const info = await fileDownloadInfo({ repo, path, revision, hubUrl, accessToken, fetch: keepingFetch });
    if (info) {
      const onHub = accessToken &&
        new URL(info.url).origin === new URL(hubUrl ?? "https://huggingface.co").origin;
      return { url: info.url, headers: onHub ? { authorization: `Bearer ${accessToken}` } : {} };
    }
  } catch (cause) {
    throw hubError(cause, `hf://${repo.name}/${path}`);
  } finally {
    for (const { body, bodyUsed } of responses) if (!bodyUsed) await body?.cancel();
  }
  const near = nearest(path, await namesOf(file));
  throw new DataError(
    `Cannot read hf://${repo.name}/${path}: the repository has no such file${
      near ? `, did you mean ${near}?` : ""
    }`,
  );
}

function hub(): { hubUrl?: string; accessToken?: string } {
  return { hubUrl: setting("HF_ENDPOINT")?.replace(/\/$/, ""), accessToken: setting("HF_TOKEN") };
}
