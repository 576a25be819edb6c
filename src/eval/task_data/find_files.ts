/**
 * Finds a task's published files in a folder: where the authors' repository or archive keeps them, or below it.
 *
 * @module
 */
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { DataError } from "../../base/errors.ts";

/** The most entries of a folder that are looked through, and the deepest level. [ours] */
const walkLimits = { entries: 300_000, depth: 6 };

/**
 * Returns the path of the first of `names` that exists in `folder` or in its subfolder named `task`, as it is or
 * compressed (`.gz`, `.zst`, `.bz2`, `.xz`); undefined when there is none. A name with `*` is a pattern, which is returned as a pattern.
 * With `below`, the names are also looked for in all folders below and, for the first parts of a name, in the path of
 * the folder itself: `RACE/test/middle` holds the files `test/middle/*.txt`.
 *
 * @throws {DataError} when several folders below hold such a file
 */
export async function findInFolder(
  folder: string,
  task: string,
  names: readonly string[],
  { below = false }: { below?: boolean } = {},
): Promise<string | undefined> {
  for (const name of names) {
    const own = name.startsWith("*/") && !below; // any folder, so it must be one of the task
    for (const place of own ? [`${folder}/${task}`] : [folder, `${folder}/${task}`]) {
      const found = await existing(place, name);
      if (found !== undefined) return found;
    }
  }
  const places = below ? [folder] : [`${folder}/${task}`];
  for (const place of places) {
    if (!await isFolder(place)) continue;
    const paths = pathsBelow(place);
    for (const name of names) {
      const found = findBelow(place, paths, name, task);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Returns the path as it is or compressed, a pattern when it matches a file; undefined when there is no such file. */
async function existing(folder: string, name: string): Promise<string | undefined> {
  const path = pathOf(folder, name);
  if (name.includes("*")) return globSync(path).length > 0 ? path : undefined;
  for (const extension of ["", ".gz", ".zst", ".bz2", ".xz"]) {
    if (await isFile(path + extension)) return path + extension;
  }
  return undefined;
}

/** Joins a folder and a name. Where the name is a pattern, characters of the folder stand for themselves. */
function pathOf(folder: string, name: string): string {
  return `${name.includes("*") ? folder.replace(/[*?[{]/g, "[$&]") : folder}/${name}`;
}

/**
 * Returns the files below a folder as relative paths, the shallow ones first. Hidden folders and links to folders are left
 * out.
 */
function pathsBelow(folder: string): string[] {
  const files: string[] = [];
  let level = [""];
  let entries = 0;
  for (let depth = 0; depth < walkLimits.depth && level.length > 0; depth++) {
    const next: string[] = [];
    for (const base of level) {
      for (const { name, isFile, isDirectory, isSymlink } of entriesOf(`${folder}/${base}`)) {
        if (++entries > walkLimits.entries) return files;
        if (isFile || (isSymlink && isLinkedFile(`${folder}/${base}${name}`))) files.push(base + name);
        if (isDirectory && !/^(\.|__MACOSX$|node_modules$)/.test(name)) next.push(`${base}${name}/`);
      }
    }
    level = next.sort();
  }
  return files;
}

/** Returns the entries of a folder; none where reading it is not permitted. */
function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
}

/** Returns true for a link to a file, as the hub's cache has them. */
function isLinkedFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Returns the one place below `folder` whose files have this name, the shallowest one. */
function findBelow(
  folder: string,
  paths: readonly string[],
  name: string,
  task: string,
): string | undefined {
  const parts = name.split("/");
  if (parts.includes("..")) return undefined;
  const ending = nameEnding(name);
  const own = `${resolve(folder).replaceAll("\\", "/")}/`;
  const found = new Map<string, number>();
  for (const path of paths) {
    if (!ending.test(own + path)) continue;
    const inside = path.split("/");
    const outer = Math.max(0, parts.length - inside.length); // parts of the name that the folder's own path holds
    const before = inside.slice(0, Math.max(0, inside.length - parts.length));
    const place = [folder, ...before].join("/");
    const full = name.includes("*") ? pathOf(place, parts.slice(outer).join("/")) : `${folder}/${path}`;
    found.set(full, outer * 100 + before.length);
  }
  const shallowest = Math.min(...found.values());
  const best = [...found].filter(([, depth]) => depth === shallowest).map(([path]) => path);
  if (best.length > 1) {
    throw new DataError(
      `Cannot choose the data of "${task}": ${someOf(best)} all fit, name one of them`,
      { file: folder },
    );
  }
  return best[0];
}

/** Returns the expression for paths that end in a name, as it is or compressed, or in a pattern. */
export function nameEnding(name: string): RegExp {
  const escaped = name.replace(/[.+^${}()|[\]\\?]/g, "\\$&").replaceAll("*", "[^/]*");
  return new RegExp(`(^|/)${escaped}${name.includes("*") ? "" : "(\\.(gz|zst|bz2|xz))?"}$`);
}

/** Lists the first names, for an error. */
export function someOf(names: readonly string[], most = 5): string {
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return names.slice(0, most).join(", ") + more;
}

/** Returns true for an existing folder. */
export function isFolder(path: string): Promise<boolean> {
  return Deno.stat(path).then((info) => info.isDirectory, () => false);
}

/** Returns true for an existing file. */
export function isFile(path: string): Promise<boolean> {
  return Deno.stat(path).then((info) => info.isFile, () => false);
}

/**
 * Returns the names under which the Hugging Face hub keeps a split: JSON lines or Parquet, in the folder of a
 * configuration or without one, also as its Parquet branch names them (`validation/0000.parquet`).
 */
export function splitFiles(split: string, configuration?: string): string[] {
  const names = [
    `${split}.jsonl`,
    `${split}.parquet`,
    `${split}-*.parquet`,
    `data/${split}-*.parquet`,
    `${split}/*.parquet`,
    `${split}.json`,
    `${split}.ndjson`,
  ];
  return configuration === undefined ? names : names.map((name) => `${configuration}/${name}`);
}
