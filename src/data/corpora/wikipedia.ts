/**
 * The Wikipedia corpus [paper 2.1], 4.5 % of LLaMA's tokens: articles in 20 languages as plain text.
 *
 * @module
 */
import { z } from "zod";
import { type BrokenOptions, onBrokenSchema } from "../io/file_reader.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { readBytes } from "../../formats/compression/decompress.ts";
import { type Element, findElements } from "../../formats/records/xml_elements.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import type { Document, Entry } from "../document.ts";
import { type Paths, patternsOf } from "../io/file_patterns.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { readerPlan } from "../io/file_reader.ts";
import type { StepCounts } from "../plan/pass.ts";
import { jsonlPlan } from "../io/records.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import { plainWikitext } from "./wikitext.ts";

/** The 20 languages of the paper, in Latin or Cyrillic script. */
const wikipediaLanguages: readonly string[] = "bg ca cs da de en es fr hr hu it nl pl pt ro ru sl sr sv uk"
  .split(" ");

/** The selection of languages. */
export interface WikipediaOptions extends BrokenOptions {
  /** Languages that stay; default the paper's 20. `all` keeps every file. */
  languages?: readonly string[] | "all";
  /** Language of files that name none in their name (`enwiki-...`) or their first bytes; default `en`. */
  language?: string;
}

const schema = optionsSchema<WikipediaOptions>()(z.strictObject({
  onBroken: onBrokenSchema,
  languages: z.union([z.array(z.string()).readonly(), z.literal("all")]).default([...wikipediaLanguages]),
  language: z.string().optional(),
}));

/** Plans one document per article of MediaWiki XML exports, or per row of JSON Lines with a plain `text`. */
export function wikipediaPlan(paths: Paths, options: WikipediaOptions = {}): DatasetPlan<Document> {
  const { languages, language } = parseOptions(schema, options, "Dataset.wikipedia");
  if (patternsOf(paths).every((path) => /\.jsonl(\.\w+)?$/i.test(path))) {
    return jsonlPlan(paths, { text: "text" }) as DatasetPlan<Document>;
  }
  const kept = languages === "all" ? undefined : languages;
  const isPaper = kept?.join(" ") === wikipediaLanguages.join(" ");
  const articles = readerPlan<Document>(paths, {
    op: "wikipedia",
    onBroken: options.onBroken,
    options: { languages: isPaper ? "the paper's 20" : kept ?? "all", language },
    kind: "documents",
    async *read({ path, name }, _, counts) {
      const own = await languageOfDump(path, name) ?? language ?? "en";
      if (kept && !kept.includes(own)) count(counts, `files in ${own}, left out`);
      else yield* articlesOf(path, name, own, counts);
    },
  });
  return textStepPlan(articles, {
    op: "wikitext",
    job: () => judgeOf(import.meta.url, undefined, wikitextJudge),
  });
}

/** Returns the judge that turns markup into text. */
export function wikitextJudge(): Judge {
  return ({ text }, note) => ({ text: plainWikitext(text, note) });
}

async function* articlesOf(
  path: string,
  name: string,
  language: string,
  counts: StepCounts,
): AsyncGenerator<Entry<Document> | { problem: string; line?: number }> {
  for await (const found of findElements(path, "page")) {
    if (isBrokenRecord(found)) {
      yield found;
      continue;
    }
    const { value: page, line } = found;
    const text = child(child(page, "revision"), "text")?.text ?? "";
    const title = child(page, "title")?.text ?? "";
    const namespace = child(page, "ns")?.text ?? "0";
    const skipped = namespace !== "0"
      ? "pages of other namespaces"
      : child(page, "redirect") || isRedirect(text)
      ? "redirects"
      : text.trim() === ""
      ? "empty pages"
      : undefined;
    if (skipped) count(counts, skipped);
    else {
      const id = `${language}wiki:${child(page, "id")?.text ?? `${name}:${line}`}`;
      const url = `https://${language}.wikipedia.org/wiki/${encodeURIComponent(title.replaceAll(" ", "_"))}`;
      const timestamp = child(child(page, "revision"), "timestamp")?.text;
      yield {
        value: { text, source: name, id, meta: { title, url, language, timestamp } },
        id,
        place: { file: name, line },
      };
    }
  }
}

function count(counts: StepCounts, note: string): void {
  counts.notes[note] = Number(counts.notes[note] ?? 0) + 1;
}

function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((other) => other.name === name);
}

/** Returns true for `#REDIRECT [[...]]` in any language. */
function isRedirect(text: string): boolean {
  return /^\s*#\p{L}+\s*:?\s*\[\[[^\]\n]+\]\]/u.test(text);
}

/** Returns the language of a dump by its name, else by its first bytes. */
async function languageOfDump(path: string, name: string): Promise<string | undefined> {
  const named = /(?:^|[\\/])([a-z]{2,3}(?:_[a-z_]+)?)wiki-[^\\/]*$/.exec(name)?.[1];
  if (named) return named.replaceAll("_", "-");
  for await (const chunk of readBytes(path)) {
    const head = new TextDecoder().decode(chunk.subarray(0, 4096));
    return /<mediawiki[^>]*\sxml:lang="([\w-]+)"/.exec(head)?.[1];
  }
}
