/**
 * Conversion of MediaWiki markup to plain text: the words that a reader of the page sees, without tables, boxes, notes,
 * pictures, categories.
 *
 * Code, formulas and `<nowiki>` stay byte for byte. The steps follow MediaWiki's parser: elements whose content is no
 * markup, brackets, tags, lines.
 *
 * @module
 */
import type { Note } from "../steps/document_step.ts";
import { withoutQuotes } from "./wikitext/bold_quotes.ts";
import { replaceBrackets } from "./wikitext/bracket_scanner.ts";
import { decodeEntities } from "./wikitext/entities.ts";
import { Verbatim, withoutExtensionTags, withoutMarks } from "./wikitext/extension_tags.ts";
import { withoutCode, withoutHtmlTags } from "./wikitext/html_tags.ts";
import { linkText, withoutExternalLinks } from "./wikitext/links.ts";
import { linesText } from "./wikitext/page_lines.ts";
import { templateTexts } from "./wikitext/template_text.ts";
import { namespacesOf, type NamespaceTable, type WikiSite } from "./wikitext/wiki_site.ts";

/** A page and its wiki. */
export interface WikiPage {
  /** The wiki; default an English one. */
  site?: WikiSite;
  /** Title of the page, the text of `{{PAGENAME}}`. */
  title?: string;
  /** Texts of templates by their names in lower case: `$1` is the first argument, `${author}` a named one. */
  templates?: ReadonlyMap<string, string>;
}

const english: WikiSite = { language: "en" };
const none: ReadonlyMap<string, string> = new Map();
const tables = new WeakMap<WikiSite, NamespaceTable>();

/**
 * Returns the text of a page.
 *
 * `note` counts what is removed, by kind and by name of template, and brackets and elements without a partner.
 */
export function plainWikitext(
  text: string,
  note: Note = () => {},
  { site = english, title = "", templates = none }: WikiPage = {},
): string {
  const namespaces = namespacesFor(site);
  const context = { facts: { title, language: site.language }, namespaces, patterns: templates };
  const verbatim = new Verbatim();
  const link = (parts: readonly string[], note: Note) => linkText(parts, namespaces, note);
  const inCode = { link, template: templateTexts(context, true) };
  let page = withoutMarks(text).replaceAll("\r\n", "\n");
  page = withoutExtensionTags(page, verbatim, note);
  page = withoutCode(page, verbatim, (code) => decodeEntities(replaceBrackets(code, inCode, () => {})));
  page = replaceBrackets(page, { link, template: templateTexts(context) }, note);
  page = withoutHtmlTags(withoutQuotes(withoutExternalLinks(page)), note);
  if (hasVariants.has(site.language)) page = page.replace(/-\{(?:[A-Za-z-]*\|)?([^{}|;]*)\}-/g, "$1");
  return verbatim.restore(linesText(page, note)).replaceAll("\uFDD2", "");
}

/** Languages whose wikis mark words that are not to be transliterated: `-{Windows}-`. */
const hasVariants = new Set("sr sh zh kk ku uz tg iu shi gan crh ban".split(" "));

function namespacesFor(site: WikiSite): NamespaceTable {
  let table = tables.get(site);
  if (!table) tables.set(site, table = namespacesOf(site));
  return table;
}
