/**
 * Unpacks the files that a task reads from a tar archive, as its authors publish it, into the cache folder.
 *
 * @module
 */
import { cacheHome, digest } from "../../base/cache.ts";
import { DataError } from "../../base/errors.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { findTar } from "../../formats/records/tar.ts";
import { isFolder, nameEnding, someOf } from "./find_files.ts";

/** Returns true for the path of a tar archive, also a compressed one. */
export function isTar(path: string): boolean {
  return /\.(?:tar(?:\.(?:gz|zst|bz2|xz))?|tgz|tbz2|txz)$/i.test(path);
}

/**
 * Returns a folder with the files of an archive that end in one of `names`, and files of labels. They are unpacked once
 * and stay in the cache folder.
 *
 * @throws {DataError} when the archive cannot be read, holds no such file, or writing is not permitted
 */
export async function unpacked(path: string, names: readonly string[]): Promise<string> {
  const { size, mtime } = await Deno.stat(path).catch((cause) => {
    throw new DataError("Cannot read the archive: there is no such file", { file: path, cause });
  });
  const facts = [await Deno.realPath(path), size, mtime?.getTime(), names];
  const folder = `${cacheHome()}/archives/${await digest(JSON.stringify(facts))}`;
  if (await isFolder(folder)) return folder;
  const endings = [...names, "*-labels.lst"].map(nameEnding);
  const temporary = `${folder}.${crypto.randomUUID()}`;
  const problems: string[] = [];
  let files = 0;
  try {
    for await (const found of findTar(path)) {
      if (isBrokenRecord(found)) {
        problems.push(found.problem);
        continue;
      }
      const { bytes } = found.value;
      const parts = found.value.name.split("/").filter((part) => part !== "" && part !== ".");
      const name = parts.join("/");
      const isHidden = parts.some((part) => /^\._|^__MACOSX$/.test(part));
      if (isHidden || !endings.some((ending) => ending.test(name))) continue;
      const target = `${temporary}/${name}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(target, bytes);
      files++;
    }
    if (files > 0) await Deno.rename(temporary, folder).catch(() => isFolder(folder));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const message =
      `Cannot unpack the archive into ${cacheHome()}: ${(cause as Error).message}; unpack it first, ` +
      `such as with \`tar -xf\`, and name its folder`;
    throw new DataError(message, { file: path, cause });
  } finally {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
  }
  if (files > 0) return folder;
  const broken = problems.length > 0
    ? `; ${problems.length} members could not be read, such as ${problems[0]}`
    : "";
  throw new DataError(`Cannot find the data in the archive: looked for ${someOf(names)}${broken}`, {
    file: path,
  });
}
