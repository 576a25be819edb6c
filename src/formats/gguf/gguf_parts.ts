/**
 * Models that are split over several GGUF files: `name-00001-of-00003.gguf` and so on, in one folder.
 *
 * The values stand in the first file, the tensors in all. Any of the files opens the whole model. The names of the others
 * are made from that file's own name, and a part may not be a link to elsewhere, so no path leaves its folder.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";
import { linksOut } from "../open_file.ts";
import type { FileMatrix } from "../tensors/matrix.ts";
import type { GgufHeader, GgufTensor } from "./header.ts";
import { type GgufFile, openGguf } from "./reader.ts";

/** An open GGUF file, or all files of a split model. */
export interface OpenGguf extends GgufHeader {
  /**
   * Returns a tensor whose rows are read on demand and unpacked to float32.
   *
   * @throws {FormatError} when there is no such tensor
   */
  matrix(name: string): FileMatrix;
  /** Closes the files; unfinished reads fail. */
  close(): void;
}

/** The name of a part: what all share, its number from 1, and the number of parts. */
const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/**
 * Opens the model at `path`: a GGUF file, or any file of a split model together with the others.
 *
 * @throws {FormatError} for a damaged file, a part that is missing, or counts that disagree
 */
export async function openGgufParts(path: string): Promise<OpenGguf> {
  const asked = await openGguf(path);
  const files: GgufFile[] = [];
  const close = () => [asked, ...files].forEach((file) => file.close());
  try {
    const count = partsOf(asked, path);
    if (count === 1) return asked;
    const [, stem] = PART.exec(path)!;
    for (let i = 0; i < count; i++) files.push(await openPart(partName(stem, i, count), i, count));
    const owners = new Map<string, GgufFile>();
    const tensors = new Map<string, GgufTensor>();
    files.forEach((file, i) => {
      for (const [name, tensor] of file.tensors) {
        if (owners.has(name)) {
          throw new FormatError(`tensor ${show(name)} is in two parts`, { file: partName(stem, i, count) });
        }
        owners.set(name, file);
        tensors.set(name, tensor);
      }
    });
    const [first] = files;
    const wanted = first.values.get("split.tensors.count");
    if (wanted !== undefined && wanted !== tensors.size) {
      const message = `split.tensors.count is ${show(wanted)}, the parts hold ${tensors.size} tensors`;
      throw new FormatError(message, { file: partName(stem, 0, count) });
    }
    return {
      values: first.values,
      tensors,
      matrix: (name) => (owners.get(name) ?? first).matrix(name),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Returns the number of parts of the model that an open file belongs to. */
function partsOf(file: GgufFile, path: string): number {
  const refuse = (message: string): never => {
    throw new FormatError(message, { file: path });
  };
  const value = file.values.get("split.count") ?? 0;
  const name = PART.exec(path);
  const named = name ? Number(name[3]) : 1;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
    return refuse(`split.count is ${show(value)}, not a number of parts`);
  }
  const count = Math.max(value, 1);
  if (count === named) return count;
  if (name) return refuse(`split.count is ${value}, the file's name says ${named} parts`);
  return refuse(`it is one of ${count} parts: its name must end in -00001-of-${padded(count)}.gguf`);
}

/**
 * Returns the names of all parts of the model that the file of a name belongs to, by the name alone: just that one for a
 * file that is no part.
 */
export function partNames(name: string): string[] {
  const [, stem, , count] = PART.exec(name) ?? [name];
  if (count === undefined) return [name];
  return Array.from({ length: Number(count) }, (_, i) => partName(stem, i, Number(count)));
}

async function openPart(path: string, index: number, count: number): Promise<GgufFile> {
  const missing = !await Deno.stat(path).then(({ isFile }) => isFile, () => false);
  if (missing) {
    const message = `part ${index + 1} of ${count} is missing: put all parts into one folder`;
    throw new FormatError(message, { file: path });
  }
  if (await linksOut(path.replace(/[^/\\]*$/, "") || ".", path)) {
    throw new FormatError("this part is a link out of the folder: copy it into the folder", { file: path });
  }
  const file = await openGguf(path);
  for (const [name, right] of [["split.no", index], ["split.count", count]] as const) {
    const value = file.values.get(name);
    if (value === right) continue;
    file.close();
    throw new FormatError(`${name} is ${show(value)}, ${right} is needed for this name`, { file: path });
  }
  return file;
}

function partName(stem: string, index: number, count: number): string {
  return `${stem}-${padded(index + 1)}-of-${padded(count)}.gguf`;
}

function padded(number: number): string {
  return String(number).padStart(5, "0");
}

/**
 * Returns the path of the only model among the GGUF files of a folder, whole or split; undefined for a folder without
 * GGUF files.
 *
 * @throws {FormatError} when there are several models
 */
export async function ggufIn(folder: string): Promise<string | undefined> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (name.endsWith(".gguf") && !isDirectory) names.push(name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
  const models = new Map(names.sort().reverse().map((name) => [PART.exec(name)?.[1] ?? name, name]));
  if (models.size <= 1) return models.size === 0 ? undefined : `${folder}/${[...models.values()][0]}`;
  const found = [...models.values()].sort().join(", ");
  throw new FormatError(`the folder holds several models: give the path of one of ${found}`, {
    file: folder,
  });
}
