/**
 * The files of a reader: paths, `file:` URLs, globs and addresses, resolved in a fixed order.
 *
 * @module
 */
import { DataError } from "../../base/errors.ts";
import { fileProblem } from "../../base/file_problem.ts";
import { nearest } from "../../base/schema.ts";
import { addressesOf, fetched, isRemote, type LocalFile } from "./download_cache.ts";
import type { FileFacts } from "../plan/input_unit.ts";
import { isGlob, pathsOf } from "./glob.ts";

/** One or several paths, globs, `file:`, `http(s)://` or `hf://owner/name/path` addresses. */
export type Paths = string | URL | readonly (string | URL)[];

/**
 * The treatment of a folder: refused (`no`, default), one file with the size of all its files and the time of the
 * newest (`whole`), or all its files, at any depth and in the order of their names (`files`).
 */
export type Folders = "no" | "whole" | "files";

/**
 * Returns the patterns as strings, for display and hashing, without access to any file.
 *
 * @throws {DataError} for addresses of an unsupported kind
 */
export function patternsOf(paths: Paths): string[] {
  return [paths].flat().map((path) => {
    const text = String(path);
    if (/^(s3|gs|ftp):/.test(text)) {
      throw new DataError(
        `Cannot read ${text}: only files, http(s):// and hf:// can be read, download it first`,
      );
    }
    return text.startsWith("file:") ? filePath(new URL(text)) : text;
  });
}

/**
 * Finds the files that the patterns match, pattern by pattern, those of a glob sorted. Links and hidden files inside a
 * folder are marked as skipped.
 *
 * @throws {DataError} when a path does not exist or is a folder, or a glob matches nothing
 */
export function findFiles(patterns: readonly string[], folders: Folders = "no"): FileFacts[] {
  if (patterns.length === 0) throw new DataError("Cannot read files: the list of paths is empty");
  return patterns.flatMap((pattern) => {
    // An address identifies its file: the file is downloaded once and stays until the cache is emptied.
    if (isRemote(pattern)) return [{ path: pattern, size: 0, modified: 0 }];
    const single = factsOf(pattern, { folders });
    if (single) return single;
    if (!isGlob(pattern)) throw missing(pattern);
    const found = pathsOf(pattern).flatMap((path) => factsOf(path, { folders, globbed: true }) ?? []);
    if (found.length === 0) {
      throw new DataError(`Cannot read ${pattern}: no file matches it, looked in ${Deno.cwd()}`);
    }
    return found;
  });
}

/** Yields the files of {@linkcode findFiles} on this machine; a remote one is downloaded when its turn comes. */
export async function* localFiles(
  patterns: readonly string[],
  signal?: AbortSignal,
  folders: Folders = "no",
): AsyncGenerator<LocalFile & { skipped?: string }> {
  yield* onThisMachine(findFiles(patterns, folders), signal);
}

/**
 * Returns the files with those that an address of the hub stands for, each by its own address; these are asked of the hub.
 *
 * @throws {DataError} when the hub has no such file
 */
export async function expandAddresses(files: readonly FileFacts[]): Promise<FileFacts[]> {
  const all: FileFacts[] = [];
  for (const file of files) {
    const addresses = isRemote(file.path) ? await addressesOf(file.path) : [file.path];
    for (const path of addresses) all.push({ ...file, path });
  }
  return all;
}

/** Yields files on this machine; a remote one is downloaded when its turn comes. */
export async function* onThisMachine(
  files: Iterable<FileFacts>,
  signal?: AbortSignal,
): AsyncGenerator<LocalFile & { skipped?: string }> {
  for (const { path, skipped } of files) {
    if (isRemote(path)) yield* fetched(path, signal);
    else yield { path, name: path, skipped };
  }
}

/** Returns the facts of a file; undefined when it does not exist, or is a folder that a glob has matched. */
function factsOf(
  path: string,
  { folders = "no", globbed = false }: { folders?: Folders; globbed?: boolean },
): FileFacts[] | undefined {
  try {
    const { size, mtime, isDirectory, isFile } = Deno.statSync(path);
    const facts = { path, size, modified: mtime?.getTime() ?? 0 };
    // A pipe that nobody writes to would stop the reading; one that is named by its path is meant.
    if (!isDirectory) return [isFile || !globbed ? facts : { ...facts, skipped: "pipe or device" }];
    if (folders === "whole") return [folderFacts(path)];
    if (folders === "files" && !globbed) return filesIn(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw unreadable(error, path);
  }
  if (globbed) return undefined;
  throw new DataError(`Cannot read ${path}: it is a folder, name its files, such as ${path}/*.txt`, {
    file: path,
  });
}

/** Lists the files of a folder at any depth. Links and hidden files are not read, and hidden folders not listed. */
function filesIn(folder: string): FileFacts[] {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  return entries.flatMap(({ name, isSymlink, isDirectory }) => {
    const path = `${folder.replace(/[\\/]$/, "")}/${name}`;
    const skipped = isSymlink ? "link" : name.startsWith(".") ? "hidden" : undefined;
    if (skipped) return [{ path, size: 0, modified: 0, skipped }];
    return isDirectory ? filesIn(path) : factsOf(path, { globbed: true }) ?? [];
  });
}

function folderFacts(path: string): FileFacts {
  const facts = { path, size: 0, modified: 0 };
  for (const entry of Deno.readDirSync(path)) {
    const inner = `${path}/${entry.name}`;
    if (entry.isSymlink) continue;
    const [{ size, modified }] = entry.isDirectory
      ? [folderFacts(inner)]
      : factsOf(inner, {}) ?? [{ size: 0, modified: 0 }];
    facts.size += size;
    facts.modified = Math.max(facts.modified, modified);
  }
  return facts;
}

/** Returns an error of the system about a file of data as one that says what to do; other errors as they are. */
export function unreadable(error: unknown, path: string): unknown {
  const problem = fileProblem(error);
  return problem === undefined
    ? error
    : new DataError(`Cannot read ${path}: ${problem}`, { file: path, cause: error });
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
