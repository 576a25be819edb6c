/**
 * Which files a reader reads: paths, `file:` URLs, globs and addresses, in one fixed order.
 *
 * @module
 */
import { globSync } from "node:fs";
import { DataError } from "../../base/errors.ts";
import { nearest } from "../../base/schema.ts";
import { fetched, isRemote, type LocalFile } from "./download_cache.ts";

/** One path, glob, `file:`, `http(s)://` or `hf://owner/name/path` address, or several. */
export type Paths = string | URL | readonly (string | URL)[];

/** A file as it enters a fingerprint. */
export interface FileFacts {
  /** The path as it was given or found. */
  path: string;
  /** Bytes. */
  size: number;
  /** Modification time in milliseconds since 1970; 0 where the system has none. */
  modified: number;
}

/**
 * The patterns as strings, for display and hashing. Touches no file.
 *
 * @throws {DataError} for addresses that are not read here
 */
export function patternsOf(paths: Paths): string[] {
  return [paths].flat().map((path) => {
    const text = String(path);
    if (/^(s3|gs|ftp):/.test(text)) {
      throw new DataError(
        `Cannot read ${text}: only files, http(s):// and hf:// are read, download it first`,
      );
    }
    return text.startsWith("file:") ? filePath(new URL(text)) : text;
  });
}

/**
 * The files that the patterns name: those of a glob sorted, a path as it stands, the same file once a pattern. A folder
 * is one of them where `folders` says so, with the size of all its files and the time of the newest.
 *
 * @throws {DataError} when a path does not exist, is a folder, or a glob matches nothing
 */
export function findFiles(patterns: readonly string[], folders = false): FileFacts[] {
  if (patterns.length === 0) throw new DataError("Cannot read files: no path was given");
  return patterns.flatMap((pattern) => {
    // An address is its own identity: what lies behind it is fetched once, and changes when the cache is emptied.
    if (isRemote(pattern)) return [{ path: pattern, size: 0, modified: 0 }];
    const plain = factsOf(pattern, { folders });
    if (plain) return [plain];
    if (!/[*?[{]/.test(pattern)) throw missing(pattern);
    const found = globSync(pattern).sort().flatMap((path) => factsOf(path, { folders, globbed: true }) ?? []);
    if (found.length === 0) {
      throw new DataError(`Cannot read ${pattern}: no file matches it, looked in ${Deno.cwd()}`);
    }
    return found;
  });
}

/** The same files as they lie on this machine; what is behind an address is fetched when its turn comes. */
export async function* localFiles(
  patterns: readonly string[],
  signal?: AbortSignal,
  folders = false,
): AsyncGenerator<LocalFile> {
  for (const { path } of findFiles(patterns, folders)) {
    if (isRemote(path)) yield* fetched(path, signal);
    else yield { path, name: path };
  }
}

/** The facts of a file; undefined when it does not exist. A folder met by a glob is passed over. */
function factsOf(path: string, { folders = false, globbed = false }): FileFacts | undefined {
  try {
    const { size, mtime, isDirectory } = Deno.statSync(path);
    if (!isDirectory) return { path, size, modified: mtime?.getTime() ?? 0 };
    if (folders) return folderFacts(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  if (globbed) return undefined;
  throw new DataError(`Cannot read ${path}: it is a folder, name its files, such as ${path}/*.txt`, {
    file: path,
  });
}

function folderFacts(path: string): FileFacts {
  const facts = { path, size: 0, modified: 0 };
  for (const entry of Deno.readDirSync(path)) {
    const inner = `${path}/${entry.name}`;
    if (entry.isSymlink) continue;
    const { size, modified } = entry.isDirectory
      ? folderFacts(inner)
      : factsOf(inner, {}) ?? { size: 0, modified: 0 };
    facts.size += size;
    facts.modified = Math.max(facts.modified, modified);
  }
  return facts;
}

function missing(path: string): DataError {
  const [folder, name] = /[\\/]/.test(path)
    ? [path.replace(/[\\/][^\\/]*$/, "") || "/", path.replace(/^.*[\\/]/, "")]
    : [".", path];
  const near = nearest(name, namesIn(folder));
  const hint = near ? `did you mean ${near}?` : `looked in ${Deno.cwd()}`;
  return new DataError(`Cannot read ${path}: there is no such file, ${hint}`, { file: path });
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].slice(0, 1000).map(({ name }) => name);
  } catch {
    return [];
  }
}

function filePath(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
