/**
 * The Stack Exchange corpus [paper 2.1], 2 % of LLaMA's tokens: questions with their answers, highest score first.
 *
 * Input: `Posts.xml` of each site. Posts of a large site are first distributed over temporary files of about 64 MiB
 * by the number of their question, and joined file by file, so that memory does not grow with the site.
 *
 * @module
 */
import { z } from "zod";
import { DataError } from "../../base/errors.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { findElements } from "../../formats/records/xml_elements.ts";
import { excerpt, isBrokenRecord } from "../../formats/record_or_error.ts";
import { findLines } from "../../formats/records/lines.ts";
import type { Document, Entry } from "../document.ts";
import type { Paths } from "../io/file_patterns.ts";
import { htmlText } from "../text/html_text.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { type BrokenOptions, onBrokenSchema, readerPlan } from "../io/file_reader.ts";
import type { Pass, StepCounts } from "../plan/pass.ts";
import type { LocalFile } from "../io/download_cache.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";

/** The selection of sites and answers. */
export interface StackExchangeOptions extends BrokenOptions {
  /** Number of sites, those with most posts (ties by name); default 28 [paper 2.1]. */
  sites?: number;
  /** Minimum score of an answer; default: all answers stay. */
  leastScore?: number;
}

const schema = optionsSchema<StackExchangeOptions>("StackExchangeOptions")(z.strictObject({
  sites: z.number().int().min(1).default(28),
  leastScore: z.number().int().optional(),
  onBroken: onBrokenSchema,
}));

/** A question or an answer. */
interface Post {
  id: number;
  /** Id of its question; its own id for a question. */
  question: number;
  score: number;
  body: string;
  title?: string;
  date?: string;
  line?: number;
}

/** The reasons why answers are left out. */
const noQuestion = "answers without their question";
const lowScore = "answers of a lower score";

/** Bytes of a part whose posts are joined in memory. [ours] */
const partBytes = 1 << 26;

/** Plans one document per question: `Q:` title and text, then `A:` for each answer, by descending score. */
export function stackExchangePlan(paths: Paths, options: StackExchangeOptions = {}): DatasetPlan<Document> {
  const { sites, leastScore, onBroken } = parseOptions(schema, options, "Dataset.stackExchange");
  const threads = readerPlan<Document>(paths, {
    op: "stackExchange",
    options: { sites, leastScore, onBroken },
    kind: "documents",
    onBroken,
    choose: { most: sites, files: (files, pass) => largestSites(files, sites, pass) },
    read: (file, pass, counts) => threadsOf(file, pass, counts, leastScore ?? -Infinity),
  });
  return textStepPlan(threads, { op: "html", job: () => judgeOf(import.meta.url, undefined, threadJudge) });
}

/** Returns the judge that turns the HTML of a thread into text. */
export function threadJudge(): Judge {
  return ({ text }) => ({ text: threadText(text) });
}

/** The mark at the start of each post in a thread, which is HTML until the next step. */
const mark = "\u0000";

/** Returns the text of a thread: each post without its HTML tags. */
function threadText(thread: string): string {
  return thread.split(mark).filter(Boolean).map((post) => {
    const [kind, ...html] = post.split("\n");
    return `${kind} ${htmlText(html.join("\n"))}`;
  }).join("\n");
}

async function* threadsOf(
  file: LocalFile,
  pass: Pass,
  counts: StepCounts,
  minScore: number,
): AsyncGenerator<Entry<Document> | { problem: string; line?: number }> {
  const { size } = await Deno.stat(file.path);
  const packed = /\.(gz|zst|bz2|xz)$/i.test(file.path);
  const parts = Math.ceil(size * (packed ? 8 : 1) / partBytes);
  using folder = new Parts(parts);
  for await (const found of posts(file, counts)) {
    await pass.yieldToEventLoop();
    if ("problem" in found) yield found;
    else folder.add(found);
  }
  const site = siteOf(file.name);
  for (let part = 0; part < parts; part++) {
    const threads = new Map<number, { question?: Post; answers: Post[] }>();
    for await (const post of folder.posts(part)) {
      const thread = threads.get(post.question) ?? { answers: [] };
      if (post.id !== post.question) thread.answers.push(post);
      else if (thread.question) yield { problem: `a second question ${post.id}`, line: post.line };
      else thread.question = post;
      threads.set(post.question, thread);
    }
    for (const { question, answers } of threads.values()) {
      const [kept, lost, why] = question
        ? [
          answers.filter(({ score }) => score >= minScore),
          answers.filter(({ score }) => score < minScore),
          lowScore,
        ]
        : [[], answers, noQuestion];
      if (lost.length) count(counts, why, lost.length);
      for (const { id, body, line } of lost) {
        await pass.onReject?.(counts.step, why, { file: file.name, line, id, text: excerpt(body) });
      }
      if (question) yield entryOf(question, kept, site, file.name);
    }
  }
}

async function* posts(
  file: LocalFile,
  counts: StepCounts,
): AsyncGenerator<Post | { problem: string; line?: number; text?: string }> {
  const onRemoved = (characters: number) => count(counts, "characters that XML does not allow", characters);
  for await (const found of findElements(file.path, "row", onRemoved)) {
    if (isBrokenRecord(found)) {
      yield found;
      continue;
    }
    const { value: { attributes: row }, line } = found;
    if (row.PostTypeId !== "1" && row.PostTypeId !== "2") {
      count(counts, "posts of other kinds");
      continue;
    }
    const isQuestion = row.PostTypeId === "1";
    const id = Number(row.Id);
    const question = Number(isQuestion ? row.Id : row.ParentId);
    if (!Number.isInteger(id) || !Number.isInteger(question)) yield { problem: "a post without an id", line };
    else {
      const score = parseInt(row.Score ?? "0", 10) || 0;
      yield { id, question, score, body: row.Body ?? "", title: row.Title, date: row.CreationDate, line };
    }
  }
}

function entryOf(question: Post, answers: Post[], site: string, file: string): Entry<Document> {
  const sorted = answers.map((answer, i) => ({ answer, i }))
    .sort((a, b) => b.answer.score - a.answer.score || a.i - b.i).map(({ answer }) => answer);
  // A title is plain text, a body is HTML.
  const title = (question.title ?? "").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const text = `${mark}Q:\n${title} ${question.body}` +
    sorted.map(({ body }) => `${mark}A:\n${body}`).join("");
  const id = `${site}:${question.id}`;
  const meta = {
    ...(site.includes(".") ? { url: `https://${site}/questions/${question.id}` } : {}),
    timestamp: question.date,
    score: question.score,
    answerScores: sorted.map(({ score }) => score),
  };
  return { value: { text, source: site, id, meta }, id, place: { file, line: question.line } };
}

/** Returns the site of a dump: the folder of its Posts.xml, or the file's name before `Posts.xml`. */
function siteOf(name: string): string {
  const [, folder = "", base] = /([^\\/]*)[\\/]?([^\\/]*)$/.exec(name) ?? [];
  const own = base.replace(/[-_.]?Posts\.xml.*$/i, "");
  return (own || folder || name).replace(/\.7z$/, "");
}

async function largestSites(files: LocalFile[], sites: number, pass: Pass): Promise<LocalFile[]> {
  if (files.length <= sites) return files;
  const sized: { file: LocalFile; posts: number }[] = [];
  for (const file of files) {
    sized.push({ file, posts: await postsIn(file, pass) });
  }
  sized.sort((a, b) => b.posts - a.posts || (a.file.name < b.file.name ? -1 : 1));
  const taken = new Set(sized.slice(0, sites).map(({ file }) => file));
  return files.filter((file) => taken.has(file));
}

/** Counts the posts of a file up to its damage, which its reading reports. */
async function postsIn(file: LocalFile, pass: Pass): Promise<number> {
  let posts = 0;
  try {
    for await (const found of findElements(file.path, "row")) {
      await pass.yieldToEventLoop();
      if (!isBrokenRecord(found)) posts++;
    }
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
  }
  return posts;
}

function count(counts: StepCounts, note: string, times = 1): void {
  counts.notes[note] = Number(counts.notes[note] ?? 0) + times;
}

/** Posts distributed by question: one part in memory, or several in a temporary file each. */
class Parts {
  readonly #all: Post[] = [];
  readonly #folder?: string;
  readonly #files: { path: string; lines: string[]; length: number }[] = [];

  constructor(parts: number) {
    if (parts <= 1) return;
    this.#folder = Deno.makeTempDirSync({ prefix: "llamero_posts_" });
    for (let i = 0; i < parts; i++) {
      this.#files.push({ path: `${this.#folder}/${i}.jsonl`, lines: [], length: 0 });
    }
  }

  add(post: Post): void {
    if (this.#files.length === 0) return void this.#all.push(post);
    const file = this.#files[post.question % this.#files.length];
    file.lines.push(JSON.stringify(post), "\n");
    file.length += post.body.length;
    if (file.length > 1 << 20) flush(file);
  }

  async *posts(part: number): AsyncGenerator<Post> {
    if (this.#files.length === 0) return yield* this.#all;
    flush(this.#files[part]);
    for await (const found of findLines(this.#files[part].path)) {
      if (!isBrokenRecord(found)) yield JSON.parse(found.value);
    }
  }

  [Symbol.dispose](): void {
    if (this.#folder !== undefined) Deno.removeSync(this.#folder, { recursive: true });
  }
}

function flush(file: { path: string; lines: string[]; length: number }): void {
  Deno.writeTextFileSync(file.path, file.lines.join(""), { append: true, create: true });
  [file.lines, file.length] = [[], 0];
}
