/**
 * The visible text of links: to pages, files, categories and other languages of the wiki, and to other sites.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import { hole } from "./extension_tags.ts";
import { namespaceName, type NamespaceTable } from "./wiki_site.ts";

/** Prefixes that look like a language and are none. */
const noLanguages = new Set("mw wp mos cat doi rfc iso nyt arx viaf isbn issn omim".split(" "));

/** Returns the text of `[[...]]` from its parts between the bars; a hole for one without text, undefined for no link. */
export function linkText(
  parts: readonly string[],
  namespaces: NamespaceTable,
  note: Note,
): string | undefined {
  // A bar that {{!}} gives separates as well.
  const [written, ...labels] = parts.length === 1 ? parts[0].split("|") : parts;
  const target = written.trim();
  if (target === "" || /[\n[\]{}<>]/.test(target)) return undefined;
  const isShown = target.startsWith(":");
  const colon = isShown ? -1 : target.indexOf(":");
  if (colon > 0) {
    const prefix = namespaceName(target.slice(0, colon));
    const kind = namespaces.get(prefix);
    if (kind === "file" || (!kind && isFile(target))) return note("links removed: files"), hole;
    if (kind === "category") return note("links removed: categories"), hole;
    const isLanguage = /^[a-z]{2,3}(-[a-z-]{2,12})?$/.test(prefix) || prefix === "simple";
    if (isLanguage && !noLanguages.has(prefix) && labels.length === 0) {
      return note("links removed: other languages"), hole;
    }
  }
  const title = isShown ? target.slice(1).trim() : target;
  if (labels.length === 0) return title;
  const label = labels.join("|");
  return label.trim() === "" ? withoutQualifier(title) : label;
}

function isFile(target: string): boolean {
  return /\.(jpe?g|png|svg|gif|tiff?|og[gv]|oga|webm|webp|mp3|wav|flac|mid|djvu)$/i.test(target);
}

/** Returns a title without namespace and qualifier, as MediaWiki's pipe trick does. */
function withoutQualifier(title: string): string {
  const page = title.replace(/^[^:]*:/, "");
  const short = page.replace(/ ?\([^()]*\)$/, "");
  return short === page ? page.replace(/, .*$/, "") : short;
}

/** Replaces `[http://x label]` by the label, and by a hole where there is none. */
export function withoutExternalLinks(page: string): string {
  if (!page.includes("[")) return page;
  return page.replace(
    /\[(?:(?:https?|ftps?|ircs?|gopher|news|telnet|git|svn|sftp|ssh):\/\/|mailto:|news:|\/\/)[^\s\][<>"\uFDD2]+[ \t]*([^\]\n]{0,1000})\]/gi,
    (_, label: string) => label.trim() === "" ? hole : label,
  );
}
