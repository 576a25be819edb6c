/**
 * A folder that is whole or absent: it is filled under a hidden name beside its final path, flushed to the disk and renamed.
 *
 * @module
 */
import { fromRank, type Group } from "../../base/exchange.ts";
import { together } from "../../base/together.ts";
import { singleGroup } from "../../parallel/mod.ts";

/**
 * Fills a hidden folder and renames it to `path`, in place of an earlier folder of that name. Every rank of a group calls it;
 * rank 0 makes and renames the folder.
 *
 * @param fill writes into the folder on every rank; it fails on all ranks or on none
 */
export async function replaceFolder(
  path: string,
  fill: (draft: string) => Promise<void>,
  group: Group = singleGroup,
): Promise<void> {
  const [, parent = "", name] = path.match(/^(.*\/)?([^/]+)$/)!;
  const id = await fromRank(group, 0, "draft folder", () => crypto.randomUUID());
  const draft = `${parent}.${name}.${id}.tmp`;
  await together(group, "draft folder", async () => {
    if (group.rank === 0) await Deno.mkdir(draft, { recursive: true });
  });
  try {
    await fill(draft);
    await together(group, "publish", async () => {
      if (group.rank > 0) return;
      for (const name of filesIn(draft)) await syncFile(`${draft}/${name}`);
      for (const name of foldersIn(draft)) await syncFolder(`${draft}/${name}`);
      await syncFolder(draft);
      const old = `${parent}.${name}.${id}.old`;
      const replaced = await Deno.rename(path, old).then(() => true, () => false);
      await Deno.rename(draft, path);
      await syncFolder(parent || ".");
      if (replaced) await Deno.remove(old, { recursive: true });
    });
  } catch (error) {
    if (group.rank === 0) await Deno.remove(draft, { recursive: true }).catch(() => {});
    throw error;
  }
}

/** Returns true for the name of a folder or file that a killed process left behind. */
export function isDraft(name: string): boolean {
  return /^\..+\.[0-9a-f-]{36}\.(tmp|old)$/.test(name);
}

/** Returns the names of a folder's files, those in its folders as `folder/name`. */
export function filesIn(path: string): string[] {
  const names = (folder: string) =>
    [...Deno.readDirSync(`${path}/${folder}`)].filter((entry) => entry.isFile).map(({ name }) =>
      folder + name
    );
  return ["", ...foldersIn(path).map((name) => `${name}/`)].flatMap(names).sort();
}

/** Returns the names of the folders in a folder. */
export function foldersIn(path: string): string[] {
  return [...Deno.readDirSync(path)].filter((entry) => entry.isDirectory).map(({ name }) => name);
}

async function syncFile(file: string): Promise<void> {
  using opened = await Deno.open(file, { read: true, write: true });
  await opened.sync();
}

/** Flushes a folder, which holds the new name, to the disk; Windows does not open folders. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}
