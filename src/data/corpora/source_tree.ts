/**
 * Reader of the text files in a folder, each with the licence of its project.
 *
 * @module
 */
import { decodeStrictly, encodingDetector } from "../../formats/encoding/detect_encoding.ts";
import { notText } from "../../formats/encoding/text_or_not.ts";
import { type BrokenRecord, isBrokenRecord, type RecordOrError } from "../../formats/record_or_error.ts";
import type { Document, Entry } from "../document.ts";

/** Bytes of the largest file that is read; source code is smaller. [ours] */
const maxFileBytes = 1 << 20;

/** Folders of version control, which are skipped. */
const skippedFolders = new Set([".git", ".hg", ".svn"]);

/**
 * Reads all text files under `path` (or the file `path`) in the order of their names, with `meta.license` and
 * `meta.path`. Links, files larger than 1 MiB and files that are not text are broken records.
 */
export async function* filesUnder(
  path: string,
  license = "",
  root: string = path,
): AsyncGenerator<Entry<Document> | BrokenRecord> {
  const info = await Deno.lstat(path);
  if (info.isSymlink) yield { problem: `a link: ${path}`, reason: "link" };
  else if (info.isFile) {
    const found = await readIfText(path, info.size);
    if (isBrokenRecord(found)) return yield found;
    const own = path === root ? path : path.slice(root.length).replace(/^[\\/]/, "");
    const meta = { path: own, license: license || await licenseOf(path.replace(/[\\/][^\\/]*$/, "")) };
    yield { value: { text: found.value, source: root, id: path, meta }, id: path, place: { file: path } };
  } else if (info.isDirectory) {
    const own = await licenseOf(path) || license;
    const names: string[] = [];
    for await (const { name } of Deno.readDir(path)) if (!skippedFolders.has(name)) names.push(name);
    for (const name of names.sort()) yield* filesUnder(`${path.replace(/[\\/]$/, "")}/${name}`, own, root);
  } else yield { problem: `a pipe or device: ${path}`, reason: "pipe or device" };
}

async function readIfText(path: string, size: number): Promise<RecordOrError<string>> {
  if (size > maxFileBytes) return { problem: `${path} has ${size} bytes`, reason: "larger than 1 MiB" };
  const bytes = await Deno.readFile(path);
  const encoding = (await encodingDetector())(bytes);
  const kind = notText(bytes, encoding);
  if (kind) return { problem: `${path} is ${kind}`, reason: "not text" };
  const text = decodeStrictly(bytes, encoding);
  return text === undefined
    ? { problem: `${path} is not valid ${encoding}`, reason: "not text" }
    : { value: text };
}

/** Returns the licence of a folder: from package.json, else recognised in its LICENSE file; "" without either. */
async function licenseOf(folder: string): Promise<string> {
  try {
    const { license, licenses } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
    const named = license ?? licenses;
    if (typeof named === "string") return named;
    if (named) return [named].flat().map((item) => item?.type ?? item).join(" OR ");
  } catch { /* no package.json, or a broken one */ }
  for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"]) {
    try {
      const kind = kindOf(await Deno.readTextFile(`${folder}/${name}`));
      if (kind) return kind;
    } catch { /* no such file */ }
  }
  return "";
}

function kindOf(text: string): string {
  const words = text.replace(/\s+/g, " ");
  if (/Apache License,? Version 2/i.test(words)) return "Apache-2.0";
  if (/Permission is hereby granted, free of charge, to any person obtaining a copy/i.test(words)) {
    return "MIT";
  }
  if (/Redistribution and use in source and binary forms/i.test(words)) return "BSD";
  return /GNU (\w+ )?GENERAL PUBLIC LICENSE/i.test(words) ? "GPL" : "";
}
