/**
 * The arXiv corpus [paper 2.1], 2.5 % of LLaMA's tokens: LaTeX sources from the first section on, without comments and
 * bibliography, with the authors' macros expanded.
 *
 * @module
 */
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { type OnBroken, onBrokenSchema } from "../io/file_reader.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { readBytes } from "../../formats/compression/decompress.ts";
import { concat } from "../../formats/bytes.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import { findTar, findTarIn, type TarFile } from "../../formats/records/tar.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "../io/file_patterns.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { readerPlan } from "../io/file_reader.ts";
import type { StepCounts } from "../plan/pass.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import { bodyOf, resolveInputs, rootOf, withoutBibliography, withoutComments } from "./latex.ts";
import { expandMacros } from "./latex_macros.ts";

/** The steps that a paper goes through. */
export interface ArxivOptions {
  /** Removes comments; default true. */
  comments?: boolean;
  /** Treatment of a file or member that is broken: `skip` (default) counts it, `throw` ends the reading. */
  onBroken?: OnBroken;
  /** Expands the authors' macros in place; default true. */
  macros?: boolean;
  /** Removes the text before the first section, and drops a paper without sections; default true. */
  head?: boolean;
  /** Removes the bibliography; default true. */
  bibliography?: boolean;
  /** Removes appendices, as in RedPajama; default false, since the paper does not mention them. */
  appendix?: boolean;
}

const flag = z.boolean().default(true);
const schema = optionsSchema<ArxivOptions>()(z.strictObject({
  onBroken: onBrokenSchema,
  comments: flag,
  macros: flag,
  head: flag,
  bibliography: flag,
  appendix: z.boolean().default(false),
}));

/**
 * Plans one document per paper of arXiv's source archives (`arXiv_src_YYMM_NNN.tar`), projects (`.tar`, `.tar.gz`)
 * and `.tex` files. Files that a paper reads with `\input` replace that command; a file that is not UTF-8 is read as
 * Latin-1.
 */
export function arxivPlan(paths: Paths, options: ArxivOptions = {}): DatasetPlan<Document> {
  const { comments, macros, head, bibliography, appendix } = parseOptions(schema, options, "Dataset.arxiv");
  let plan = readerPlan<Document>(paths, {
    op: "arxiv",
    onBroken: options.onBroken,
    options: {},
    kind: "documents",
    read: ({ path, name }, _, counts) =>
      /\.tar(\.\w+)?$|\.tgz$/i.test(path) ? papersOf(path, name, counts) : singleFile(path, name),
  });
  const step = (op: string, which: TexStep, options?: Record<string, unknown>) =>
    plan = textStepPlan(plan, { op, options, job: () => judgeOf(import.meta.url, which, texJudge) });
  if (comments) step("comments", { comments });
  if (macros) step("macros", { macros });
  if (head) step("before the first section", { head });
  if (bibliography || appendix) {
    step("bibliography", { bibliography, appendix }, { appendix: appendix || undefined });
  }
  return plan;
}

/** The options of one step. */
type TexStep = Pick<ArxivOptions, "comments" | "macros" | "head" | "bibliography" | "appendix">;

/** Returns the judge of one step. */
export function texJudge(
  { comments, macros, head, bibliography = false, appendix = false }: TexStep,
): Judge {
  if (comments) return ({ text }) => ({ text: withoutComments(text) });
  if (macros) return ({ text }, note) => ({ text: expandMacros(text, note) });
  if (!head) return ({ text }) => ({ text: withoutBibliography(text, { bibliography, appendix }).trim() });
  return ({ text }) => {
    const body = bodyOf(text);
    return body === undefined ? { drop: "no section" } : { text: body };
  };
}

async function* singleFile(path: string, name: string): AsyncGenerator<Entry<Document>> {
  const parts: Uint8Array[] = [];
  for await (const chunk of readBytes(path)) parts.push(chunk);
  const bytes = concat(parts);
  if (isPdf(bytes)) return;
  yield entryOf(idOf(name), texOf(bytes), name);
}

/**
 * Reads the papers of an archive: each `.gz` in it is a project or a file; its other files together are one project.
 */
async function* papersOf(
  path: string,
  name: string,
  counts: StepCounts,
): AsyncGenerator<Entry<Document> | { problem: string }> {
  const loose = new Map<string, string>();
  for await (const found of findTar(path)) {
    if (isBrokenRecord(found)) yield found;
    else if (!found.value.name.endsWith(".gz")) {
      if (isTex(found.value.name)) loose.set(found.value.name, texOf(found.value.bytes));
      else if (isPdf(found.value.bytes)) count(counts, "papers without source");
    } else {
      const paper = await paperOf(found.value);
      if (typeof paper !== "string") yield paper;
      else if (paper !== "") yield entryOf(idOf(found.value.name), paper, name);
      else count(counts, "papers without source");
    }
  }
  if (loose.size) yield* fromFiles(loose, idOf(name), name);
}

/** Unpacked bytes of the largest paper that is read. [ours] */
const maxPaperBytes = 1 << 28;

/** Returns the text of a paper; "" when it has no TeX source. */
async function paperOf({ name, bytes }: TarFile): Promise<string | { problem: string }> {
  let unpacked: Uint8Array;
  try {
    unpacked = gunzipSync(bytes, { maxOutputLength: maxPaperBytes });
  } catch (cause) {
    return { problem: `${name} cannot be unpacked: ${(cause as Error).message}` };
  }
  if (isPdf(unpacked)) return "";
  if (!isTar(unpacked)) return texOf(unpacked);
  const files = new Map<string, string>();
  try {
    for await (const found of findTarIn(unpacked)) {
      if (!isBrokenRecord(found) && isTex(found.value.name)) {
        files.set(found.value.name, texOf(found.value.bytes));
      }
    }
  } catch (cause) {
    return { problem: `${name} is a damaged archive: ${(cause as Error).message}` };
  }
  const root = rootOf(files);
  return root === undefined ? "" : resolveInputs(root, files);
}

function* fromFiles(files: Map<string, string>, id: string, name: string): Generator<Entry<Document>> {
  const root = rootOf(files);
  if (root !== undefined) yield entryOf(id, resolveInputs(root, files), name);
}

function entryOf(id: string, text: string, name: string): Entry<Document> {
  const isPaper = /^(\d{4}\.\d{4,5}|[a-z-]+\/\d{7})$/.test(id);
  const meta = isPaper ? { meta: { url: `https://arxiv.org/abs/${id}` } } : {};
  return { value: { text, source: name, id, ...meta }, id, place: { file: name } };
}

/** Returns arXiv's id for a file: `2302.13971` unchanged, `hep-th9901001` as `hep-th/9901001`; else the file's name. */
function idOf(name: string): string {
  const base = name.replace(/^.*[\\/]/, "").replace(/(\.(tar|gz|tgz|tex|bz2|xz|zst))+$/i, "");
  const old = /^([a-z-]+)(\d{7})$/.exec(base);
  return old ? `${old[1]}/${old[2]}` : /^\d{4}\.\d{4,5}$/.test(base) ? base : name;
}

function isTex(name: string): boolean {
  return /\.(tex|ltx|latex|bbl)$/i.test(name);
}

function isPdf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x25 && bytes[1] === 0x50 && bytes[2] === 0x44 && bytes[3] === 0x46;
}

/** Returns true for the magic bytes of tar, or a header whose size field is octal. */
function isTar(bytes: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 265));
  return text.slice(257, 262) === "ustar" ||
    (bytes.length >= 512 && /^[0-7 ]{7,11}[\0 ]/.test(text.slice(124, 136)));
}

function texOf(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder("latin1").decode(bytes);
  }
  return text.replace(/\r\n?/g, "\n");
}

function count(counts: StepCounts, note: string): void {
  counts.notes[note] = Number(counts.notes[note] ?? 0) + 1;
}
