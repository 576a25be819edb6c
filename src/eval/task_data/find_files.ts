/**
 * Looking for a task's published files in a folder.
 *
 * @module
 */
import { globSync } from "node:fs";

/**
 * The first of `names` (file names, or patterns such as `test/*.csv`) that is in `folder`, or in a folder named after
 * the task inside it, as it is or packed.
 */
export async function firstInside(
  folder: string,
  task: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    for (const place of [`${folder}/${name}`, `${folder}/${task}/${name}`]) {
      if (name.includes("*")) {
        if (globSync(place).length > 0) return place;
        continue;
      }
      for (const path of [place, `${place}.gz`, `${place}.zst`]) if (await isThere(path)) return path;
    }
  }
  return undefined;
}

/** True for a folder. */
export function isFolder(path: string): Promise<boolean> {
  return Deno.stat(path).then((facts) => facts.isDirectory, () => false);
}

/** True for a file. */
export function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then((facts) => facts.isFile, () => false);
}

/**
 * Names under which the hub keeps a split, for {@linkcode firstInside}: rows as JSON lines or as Parquet, in the folder
 * of a configuration or beside it.
 */
export function splitFiles(split: string, configuration?: string): string[] {
  const names = [`${split}.jsonl`, `${split}.parquet`, `${split}-*.parquet`, `data/${split}-*.parquet`];
  return configuration === undefined ? names : names.map((name) => `${configuration}/${name}`);
}
