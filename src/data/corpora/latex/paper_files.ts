/**
 * Papers as arXiv gives their sources: archives of projects, single files, documents without source.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { isBrokenRecord } from "../../../formats/record_or_error.ts";
import { findTarIn } from "../../../formats/records/tar.ts";
import { declaredEncoding, decodeTex } from "./tex_encoding.ts";
import { inputNames, resolveInputs, rootsOf } from "./tex_inputs.ts";

/** A fact about a paper that is counted, with the file or command that it is about. */
export interface Finding {
  readonly reason: string;
  readonly what: string;
}

/** A paper, or the reason why it has no text; with the facts to count. */
export interface Paper {
  readonly text?: string;
  readonly problem?: string;
  readonly findings: readonly Finding[];
}

/** Unpacked bytes of the largest paper that is read. [ours] */
const maxPaperBytes = 1 << 28;

/** Extensions of files that hold no LaTeX. */
const isOther =
  /\.(?:pdf|e?ps|png|jpe?g|gif|svg|tiff?|bmp|zip|gz|bib|bst|csv|dat|py|json|xml|html?|aux|log|out|toc|synctex|ttf|otf|fig|cls|clo|mf|tfm|pfb)$/i;

/** Reads the contents of a paper's file, `packed` with gzip or not: an archive of a project, or a single file. */
export async function readPaper(
  name: string,
  bytes: Uint8Array,
  { packages, packed }: { packages: boolean; packed: boolean },
): Promise<Paper> {
  let unpacked = bytes;
  try {
    if (packed) unpacked = gunzipSync(bytes, { maxOutputLength: maxPaperBytes });
  } catch (cause) {
    return { problem: `${name} cannot be unpacked: ${(cause as Error).message}`, findings: [] };
  }
  if (!isTar(unpacked)) return fromFiles(name, new Map([["main.tex", unpacked]]), packages);
  const files = new Map<string, Uint8Array>();
  const findings: Finding[] = [];
  try {
    for await (const found of findTarIn(unpacked)) {
      if (isBrokenRecord(found)) findings.push({ reason: "unreadable files of papers", what: found.problem });
      else files.set(found.value.name, found.value.bytes);
    }
  } catch (cause) {
    return { problem: `${name} is a damaged archive: ${(cause as Error).message}`, findings };
  }
  const paper = fromFiles(name, files, packages);
  return { ...paper, findings: [...findings, ...paper.findings] };
}

/** Makes a paper of the files of a project. */
export function fromFiles(
  name: string,
  contents: ReadonlyMap<string, Uint8Array>,
  packages: boolean,
  root?: string,
): Paper {
  const findings: Finding[] = [];
  const sources = [...contents].filter(([file, bytes]) => !isOther.test(file) && isText(bytes));
  const declared = sources.map(([, bytes]) => declaredEncoding(bytes)).find((one) => one !== undefined);
  const files = new Map(
    sources.map(([file, bytes]) => [
      file,
      decodeTex(bytes, declared, (reason) => findings.push({ reason, what: `${name}: ${file}` })),
    ]),
  );
  const roots = root === undefined ? rootsOf(files) : [root];
  const [main, ...others] = roots;
  if (main === undefined) return { findings: [{ reason: "papers without source", what: name }] };
  for (const other of others) findings.push({ reason: "other main files", what: `${name}: ${other}` });
  const text = resolveInputs(main, files, {
    packages,
    onLost: (reason, command) => void findings.push({ reason, what: `${name}: ${command}` }),
  });
  return { text, findings };
}

/** Returns true for the short text that replaces a paper that its authors have withdrawn. */
export function isWithdrawn(text: string): boolean {
  return text.length < 5000 && !/\\section/.test(text) &&
    /\b(?:paper|article|manuscript|submission|work|note|preprint|it)\b[^.]{0,100}\bwithdrawn\b|\bwithdrawn by\b/i
      .test(text);
}

/** Returns true for bytes that are no PDF, PostScript, image or other binary file. */
function isText(bytes: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 4));
  const head = bytes.subarray(0, 2000);
  return !/^(?:%PDF|%!PS|PK(?!\w)|\xd0\xcf)/.test(start) &&
    (/^(?:\xff\xfe|\xfe\xff)/.test(start) || !head.includes(0));
}

/** Returns true for the magic bytes of tar, or a header whose size field is octal. */
function isTar(bytes: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 265));
  return text.slice(257, 262) === "ustar" ||
    (bytes.length >= 512 && /^[0-7 ]{7,11}[\0 ]/.test(text.slice(124, 136)));
}

/** The most files that a single `.tex` file reads from the disk. [ours] */
const maxFilesBeside = 1000;

/** Reads a `.tex` file's inputs from its folder and the folders below; links that leave it are not followed. */
export async function inputsBeside(path: string, bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const folder = path.replace(/[^\\/]*$/, "");
  const root = path.slice(folder.length);
  const files = new Map([[root, bytes]]);
  const asked = new Set(files.keys());
  for (const [name, content] of files) {
    const own = name.replace(/[^/]*$/, "");
    const names = inputNames(decodeTex(content));
    // \import makes names relative to the folder of the file that holds them.
    for (const file of own ? names.flatMap((file) => [file, own + file]) : names) {
      if (asked.has(file) || asked.size > maxFilesBeside) continue;
      asked.add(file);
      const found = await readInside(folder || "./", file);
      if (found) files.set(file, found);
    }
  }
  return files;
}

/** Reads a file below a folder; undefined for one that is not there, or that a link leads out of the folder. */
async function readInside(folder: string, file: string): Promise<Uint8Array | undefined> {
  try {
    const [inside, real] = [await Deno.realPath(folder), await Deno.realPath(folder + file)];
    const info = await Deno.stat(real);
    if (!info.isFile || info.size > maxPaperBytes || !/[\\/]/.test(real.charAt(inside.length))) {
      return undefined;
    }
    return real.startsWith(inside) ? await Deno.readFile(real) : undefined;
  } catch {
    return undefined;
  }
}
