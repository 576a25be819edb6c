/**
 * The arXiv corpus [paper 2.1], 2.5 % of LLaMA's tokens: LaTeX sources from the first section on, without comments and
 * bibliography, with the authors' macros expanded.
 *
 * @module
 */
import { z } from "zod";
import { type OnBroken, onBrokenSchema } from "../io/file_reader.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { lazily } from "../../base/lazy_import.ts";
import { concat } from "../../formats/bytes.ts";
import { readBytes } from "../../formats/compression/decompress.ts";
import { type BrokenRecord, isBrokenRecord } from "../../formats/record_or_error.ts";
import { findTar } from "../../formats/records/tar.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "../io/file_patterns.ts";
import { isJsonName, jsonAsProse } from "../io/json_or_prose.ts";
import { readerPlan } from "../io/file_reader.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import type { Paper } from "./latex/paper_files.ts";

/** The steps that a paper goes through. */
export interface ArxivOptions {
  /** Removes comments, and the text that `\iffalse` and the `comment` environment hide; default true [paper 2.1]. */
  comments?: boolean;
  /** Treatment of a file or member that is broken: `skip` (default) counts it, `throw` ends the reading. */
  onBroken?: OnBroken;
  /** Expands the authors' macros in place; default true [paper 2.1]. */
  macros?: boolean;
  /** Removes the text before the first section; default true [paper 2.1]. */
  head?: boolean;
  /**
   * Treatment of a paper without sections, such as a letter: `keep` (default) keeps the whole document and counts it, `drop` drops it. Without `head` every paper is kept.
   */
  noSection?: "keep" | "drop";
  /** Removes the bibliography; default true [paper 2.1]. */
  bibliography?: boolean;
  /** Removes appendices, as in RedPajama; default false [ours], since the paper does not mention them. */
  appendix?: boolean;
}

const flag = z.boolean().default(true);
const schema = optionsSchema<ArxivOptions>("ArxivOptions")(z.strictObject({
  onBroken: onBrokenSchema,
  comments: flag,
  macros: flag,
  head: flag,
  noSection: z.enum(["keep", "drop"]).default("keep"),
  bibliography: flag,
  appendix: z.boolean().default(false),
}));

/**
 * Plans one document per paper of arXiv's source archives (`arXiv_src_YYMM_NNN.tar`), projects (`.tar`, `.tar.gz`),
 * single papers (`.gz`) and `.tex` files. Files that a paper reads replace the commands that read them; a `.tex` file
 * reads those in its folder and below. A file that is not UTF-8 is read in the encoding that it declares, else as
 * Windows-1252. Counts papers without source, lost inputs and further main files, and reports them as rejects.
 */
export function arxivPlan(paths: Paths, options: ArxivOptions = {}): DatasetPlan<Document> {
  const { comments, macros, head, noSection, bibliography, appendix } = parseOptions(
    schema,
    options,
    "Dataset.arxiv",
  );
  let plan = readerPlan<Document>(paths, {
    op: "arxiv",
    onBroken: options.onBroken,
    options: {},
    kind: "documents",
    async *read({ path, name }, pass, counts) {
      const reader = new PaperReader(
        await lazily(() => import("./latex/paper_files.ts")),
        name,
        macros,
        pass,
        counts,
      );
      if (isJsonName(name)) yield jsonAsProse();
      else yield* /\.tar(\.\w+)?$|\.tgz$/i.test(path) ? reader.archive(path) : reader.single(path);
    },
  });
  const step = (op: string, which: TexStep, options?: Record<string, unknown>) =>
    plan = textStepPlan(plan, { op, options, job: () => judgeOf(import.meta.url, which, texJudge) });
  if (comments) step("comments", { comments });
  if (macros) step("macros", { macros });
  if (head) {
    step("before the first section", { head, noSection }, noSection === "drop" ? { noSection } : undefined);
  }
  if (bibliography || appendix) {
    step("bibliography", { bibliography, appendix }, { appendix: appendix || undefined });
  }
  return plan;
}

/** The options of one step. */
type TexStep = ArxivOptions;

/** Returns the judge of one step. */
export async function texJudge(
  { comments, macros, head, noSection = "keep", bibliography = false, appendix = false }: TexStep,
): Promise<Judge> {
  if (comments) {
    const { withoutComments } = await lazily(() => import("./latex/tex_comments.ts"));
    return ({ text }) => ({ text: withoutComments(text) });
  }
  if (macros) {
    const { expandMacros } = await lazily(() => import("./latex/tex_macros.ts"));
    return ({ text }, note) => ({ text: expandMacros(text, note) });
  }
  const { bodyOf, documentOf, withoutBibliography } = await lazily(() => import("./latex/tex_body.ts"));
  if (!head) return ({ text }) => ({ text: withoutBibliography(text, { bibliography, appendix }).trim() });
  return ({ text }, note) => {
    const body = bodyOf(text);
    if (body !== undefined) return { text: body };
    if (noSection === "drop") return { drop: "no section" };
    note("papers without a section");
    return { text: documentOf(text) };
  };
}

type Papers = AsyncGenerator<Entry<Document> | BrokenRecord>;

/** The functions that read papers, loaded at the first file. */
type PaperFiles = typeof import("./latex/paper_files.ts");

/** Reads the papers of one file and counts what does not come through. */
class PaperReader {
  readonly #papers: PaperFiles;
  readonly #file: string;
  readonly #packages: boolean;
  readonly #pass: Pass;
  readonly #counts: StepCounts;

  constructor(papers: PaperFiles, file: string, packages: boolean, pass: Pass, counts: StepCounts) {
    this.#papers = papers;
    this.#file = file;
    this.#packages = packages;
    this.#pass = pass;
    this.#counts = counts;
  }

  /** Reads a `.tex` file with its inputs, or a packed paper. */
  async *single(path: string): Papers {
    const { fromFiles, inputsBeside, readPaper } = this.#papers;
    const parts: Uint8Array[] = [];
    for await (const chunk of readBytes(path)) parts.push(chunk);
    const bytes = concat(parts);
    const files = /\.(tex|ltx|latex)$/i.test(path) ? await inputsBeside(path, bytes) : undefined;
    const root = path.replace(/^.*[\\/]/, "");
    const paper = files
      ? fromFiles(this.#file, files, this.#packages, root)
      : await readPaper(this.#file, bytes, { packages: this.#packages, packed: false });
    yield* this.#paper(paper, this.#file);
  }

  /**
   * Reads the papers of an archive: each `.gz` in it is a project or a file; its other files together are one project.
   */
  async *archive(path: string): Papers {
    const { fromFiles, readPaper } = this.#papers;
    const loose = new Map<string, Uint8Array>();
    for await (const found of findTar(path)) {
      if (isBrokenRecord(found)) {
        yield found;
        continue;
      }
      const { name, bytes } = found.value;
      if (/\.gz$/i.test(name) && (isPaperId(idOf(name)) || !/\.[a-z]\w*\.gz$/i.test(name))) {
        yield* this.#paper(await readPaper(name, bytes, { packages: this.#packages, packed: true }), name);
      } else if (isPaperId(idOf(name)) && /\.pdf$/i.test(name)) {
        await this.#report("papers without source", name);
      } else loose.set(name, bytes);
    }
    if (loose.size) yield* this.#paper(fromFiles(this.#file, loose, this.#packages), this.#file);
  }

  async *#paper({ text, problem, findings }: Paper, name: string): Papers {
    for (const { reason, what } of findings) await this.#report(reason, what);
    if (problem !== undefined) yield { problem };
    if (text === undefined) return;
    const entry = this.#entry(idOf(name), text);
    if (this.#papers.isWithdrawn(text)) await this.#pass.drop(this.#counts, "withdrawn", entry);
    else yield entry;
  }

  #entry(id: string, text: string): Entry<Document> {
    const meta = isPaperId(id) ? { meta: { url: `https://arxiv.org/abs/${id}` } } : {};
    return { value: { text, source: this.#file, id, ...meta }, id, place: { file: this.#file } };
  }

  /** Counts something that is missing and names it to the listener for rejects. */
  async #report(reason: string, what: string): Promise<void> {
    const { notes, step } = this.#counts;
    notes[reason] = Number(notes[reason] ?? 0) + 1;
    await this.#pass.onReject?.(step, reason, { file: this.#file, text: what });
  }
}

/** Returns arXiv's id for a file: `2302.13971` unchanged, `hep-th9901001` as `hep-th/9901001`; else the file's name. */
function idOf(name: string): string {
  const base = name.replace(/^.*[\\/]/, "").replace(/(\.(tar|gz|tgz|tex|pdf|bz2|xz|zst))+$/i, "");
  const old = /^([a-z-]+)(?:\.[A-Z]{2})?(\d{7})(?:v\d+)?$/.exec(base);
  const now = /^(\d{4}\.\d{4,5})(?:v\d+)?$/.exec(base);
  return old ? `${old[1]}/${old[2]}` : now ? now[1] : name;
}

function isPaperId(id: string): boolean {
  return /^(\d{4}\.\d{4,5}|[a-z-]+\/\d{7})$/.test(id);
}
