/**
 * The Wikipedia corpus [paper 2.1], 4.5 % of LLaMA's tokens: articles in 20 languages as plain text.
 *
 * @module
 */
import { z } from "zod";
import { type BrokenOptions, onBrokenSchema } from "../io/file_reader.ts";
import { optionsSchema, parseOptions } from "../../base/schema.ts";
import { lazily } from "../../base/lazy_import.ts";
import { decodedXml, type Element, findElements } from "../../formats/records/xml_elements.ts";
import { isBrokenRecord } from "../../formats/record_or_error.ts";
import type { Document, Entry } from "../document.ts";
import { type Paths, patternsOf } from "../io/file_patterns.ts";
import type { DatasetPlan } from "../plan/plan.ts";
import { readerPlan } from "../io/file_reader.ts";
import type { StepCounts } from "../plan/pass.ts";
import { isJsonName } from "../io/json_or_prose.ts";
import { jsonlPlan } from "../io/records.ts";
import { type Judge, judgeOf, textStepPlan } from "../steps/document_step.ts";
import type { WikiSite } from "./wikitext/wiki_site.ts";

/** The 20 languages of the paper, in Latin or Cyrillic script. */
const wikipediaLanguages: readonly string[] = "bg ca cs da de en es fr hr hu it nl pl pt ro ru sl sr sv uk"
  .split(" ");

/** The selection of languages. */
export interface WikipediaOptions extends BrokenOptions {
  /** Languages that stay; default the paper's 20 [paper 2.1]. `all` keeps every file. */
  languages?: readonly string[] | "all";
  /** Language of files that name none in their name (`enwiki-...`) or their first bytes; default `en`. */
  language?: string;
  /**
   * Texts of templates by name, beside the known ones: `$1` is the first argument, `${author}` a named one, and ""
   * removes the template. Example: `{ "Vol-lv": "$1", "Citējums": "$1 (${autors})" }`.
   */
  templates?: Readonly<Record<string, string>>;
}

const schema = optionsSchema<WikipediaOptions>("WikipediaOptions")(z.strictObject({
  onBroken: onBrokenSchema,
  languages: z.union([z.array(z.string()).readonly(), z.literal("all")]).default([...wikipediaLanguages]),
  language: z.string().optional(),
  templates: z.record(z.string(), z.string()).optional(),
}));

/** Version of the rules that turn markup into text, in the fingerprint: raised when they give another text. */
const rulesVersion = 2;

/** Plans one document per article of MediaWiki XML exports, or per row of JSON Lines with a plain `text`. */
export function wikipediaPlan(paths: Paths, options: WikipediaOptions = {}): DatasetPlan<Document> {
  const { languages, language, templates } = parseOptions(schema, options, "Dataset.wikipedia");
  if (patternsOf(paths).every(isJsonName)) {
    return jsonlPlan(paths, { text: "text", onBroken: options.onBroken }) as DatasetPlan<Document>;
  }
  const kept = languages === "all" ? undefined : languages;
  const isPaper = kept?.join(" ") === wikipediaLanguages.join(" ");
  const articles = readerPlan<Document>(paths, {
    op: "wikipedia",
    onBroken: options.onBroken,
    options: { languages: isPaper ? "the paper's 20" : kept ?? "all", language },
    kind: "documents",
    async *read({ path, name }, _, counts) {
      const site = await siteOfDump(path, name, language ?? "en");
      if (kept && !kept.includes(site.language)) count(counts, `files in ${site.language}, left out`);
      else yield* articlesOf(path, name, site, counts);
    },
  });
  return textStepPlan(articles, {
    op: "wikitext",
    options: { templates },
    identity: () => rulesVersion,
    needs: "document",
    job: () => judgeOf(import.meta.url, templates, wikitextJudge),
  });
}

/** Returns the judge that turns markup into text. Of `meta` it reads title and wiki, and removes the wiki. */
export async function wikitextJudge(patterns: WikipediaOptions["templates"] = {}): Promise<Judge> {
  const { plainWikitext } = await lazily(() => import("./wikitext.ts"));
  const templates = new Map(
    Object.entries(patterns).map(([name, text]) => [name.replaceAll("_", " ").trim().toLowerCase(), text]),
  );
  const sites = new Map<string, WikiSite>();
  return ({ text, meta = {} }, note) => {
    const { title, wiki } = meta as { title?: string; wiki?: WikiSite };
    const key = JSON.stringify(wiki ?? null);
    // Records of one dump share a site, whose table of namespaces is made once.
    const site = sites.get(key) ?? wiki;
    if (site) sites.set(key, site);
    return {
      text: plainWikitext(text, note, { site, title, templates }),
      ...(wiki && { meta: { wiki: undefined } }),
    };
  };
}

async function* articlesOf(
  path: string,
  name: string,
  wiki: WikiSite,
  counts: StepCounts,
): AsyncGenerator<Entry<Document> | { problem: string; line?: number }> {
  const { isDisambiguation } = await lazily(() => import("./wikitext/wiki_site.ts"));
  const { language } = wiki;
  const onRemoved = (characters: number) => count(counts, "characters that XML does not allow", characters);
  for await (const found of findElements(path, "page", onRemoved)) {
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
      : isDisambiguation(text)
      ? "disambiguations"
      : text.trim() === ""
      ? "empty pages"
      : undefined;
    if (skipped) count(counts, skipped);
    else {
      const id = `${language}wiki:${child(page, "id")?.text ?? `${name}:${line}`}`;
      const url = `https://${language}.wikipedia.org/wiki/${encodeURIComponent(title.replaceAll(" ", "_"))}`;
      const timestamp = child(child(page, "revision"), "timestamp")?.text;
      yield {
        value: { text, source: name, id, meta: { title, url, language, timestamp, wiki } },
        id,
        place: { file: name, line },
      };
    }
  }
}

function count(counts: StepCounts, note: string, times = 1): void {
  counts.notes[note] = Number(counts.notes[note] ?? 0) + times;
}

function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((other) => other.name === name);
}

/** Returns true for `#REDIRECT [[...]]` in any language. */
function isRedirect(text: string): boolean {
  return /^\s*#\p{L}+\s*:?\s*\[\[[^\]\n]+\]\]/u.test(text);
}

/** Characters at the beginning of a dump in which its `<siteinfo>` is looked for. [ours] */
const headChars = 1 << 16;

/** Returns the wiki of a dump: its language by the file's name, else by the first bytes, and its namespaces. */
async function siteOfDump(path: string, name: string, fallback: string): Promise<WikiSite> {
  const named = /(?:^|[\\/])([a-z]{2,3}(?:_[a-z_]+)?)wiki-[^\\/]*$/.exec(name)?.[1]?.replaceAll("_", "-");
  let head = "";
  for await (const { text } of decodedXml(path)) {
    head += text.slice(0, headChars);
    if (head.length >= headChars || /<\/siteinfo>|<page[\s>]/.test(head)) break;
  }
  const { siteOfHead } = await lazily(() => import("./wikitext/wiki_site.ts"));
  const { language, names } = siteOfHead(head);
  return { language: named ?? language ?? fallback, names };
}
