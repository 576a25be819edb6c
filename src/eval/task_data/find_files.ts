/**
 * Finds a task's published files in a folder.
 *
 * @module
 */
import { globSync } from "node:fs";

/**
 * Returns the path of the first of `names` that exists in `folder` or in its subfolder named `task`, as it is or
 * compressed (`.gz`, `.zst`); undefined when there is none. A name with `*` is a pattern, which is returned as it is.
 */
export async function findInFolder(
  folder: string,
  task: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    for (const path of [`${folder}/${name}`, `${folder}/${task}/${name}`]) {
      if (name.includes("*")) {
        if (globSync(path).length > 0) return path;
        continue;
      }
      for (const file of [path, `${path}.gz`, `${path}.zst`]) if (await isFile(file)) return file;
    }
  }
  return undefined;
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
 * configuration or without one.
 */
export function splitFiles(split: string, configuration?: string): string[] {
  const names = [`${split}.jsonl`, `${split}.parquet`, `${split}-*.parquet`, `data/${split}-*.parquet`];
  return configuration === undefined ? names : names.map((name) => `${configuration}/${name}`);
}
