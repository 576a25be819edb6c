/**
 * Conversion of MediaWiki markup to plain text: the visible text of a page without tables, boxes, notes, pictures,
 * formulas.
 *
 * Brackets are matched with a stack, so they may be nested to any depth. A bracket that is never closed is counted
 * and removed without the text behind it.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import type { Note } from "../steps/document_step.ts";
import { replaceBetween } from "./cut_between.ts";

/** Names of the file and media namespaces in the paper's 20 languages, lower case; links to them have no text. */
const files = new Set(
  ("file image media datei bild fichier archivo imagen imatge fitxer soubor fil billede kép fájl immagine afbeelding bestand " +
    "plik grafika ficheiro imagem arquivo fișier fişier imagine datoteka slika zvok файл изображение картинка медия медиа " +
    "датотека слика датотека медиј зображення медіа media mediji médium média mèdia medio").split(" "),
);
/** Names of the category namespace in the same languages; the text of their links is the category. */
const categories = new Set(
  ("category kategorie catégorie categoría categoria kategori kategória kategorija kategoria categorie kategorija kategorija " +
    "категория категорія категорија kategorie").split(" "),
);
/** Elements that are removed with their content. */
const removedElements =
  "ref|table|gallery|math|chem|ce|timeline|score|imagemap|hiero|templatestyles|graph|mapframe|maplink|inputbox|categorytree|templatedata|section|references";

/** Returns the text of a page; `note` counts elements and brackets without a partner. */
export function plainWikitext(text: string, note: Note = () => {}): string {
  const verbatim: string[] = [];
  let page = replaceBetween(text, ["<!--", "-->"], () => "", () => note("comments never closed"));
  const keep = (inner: string) => `\uE000${verbatim.push(inner) - 1}\uE001`;
  page = replaceBetween(
    page.replace(/<nowiki\s*\/>/gi, ""),
    ["<nowiki>", "</nowiki>"],
    keep,
    () => note("elements never closed"),
  );
  page = page.replace(/[ \t\u00a0]+/g, " ");
  page = page.replace(new RegExp(`<(${removedElements})(?:\\s[^<>]*?)?/>`, "gi"), "");
  page = withoutElements(page, note);
  page = withoutExternalLinks(withoutBrackets(page, note));
  page = page.replace(/'{2,5}/g, "").replace(/__[A-ZÀ-ÞА-Я]+__/g, "").replace(/^-{4,}/gm, "")
    .replace(/^[*#:;]+\s*/gm, "").replace(/^(={1,6})[ \t]*(.+?)[ \t]*\1[ \t]*$/gm, "\n$2\n");
  page = withoutTags(page);
  page = page.replace(/\uE000(\d+)\uE001/g, (_, at) => verbatim[Number(at)]);
  return tidy(page);
}

/** Removes elements with their content, the innermost first, so that nested elements of one name are removed too. */
function withoutElements(page: string, note: Note): string {
  const innermost = new RegExp(
    `<(${removedElements})(?:\\s[^<>]*)?>(?:(?!<(?:${removedElements})[\\s>])[\\s\\S])*?</\\1\\s*>`,
    "gi",
  );
  for (let depth = 0; depth < 20; depth++) {
    const less = page.replace(innermost, "");
    if (less === page) break;
    page = less;
  }
  return page.replace(
    new RegExp(`</?(${removedElements})(?:\\s[^<>]*)?>?`, "gi"),
    () => (note("elements never closed"), ""),
  );
}

/** An open bracket. */
interface OpenBracket {
  /** The bracket: `{{`, `{{{`, `{|` or `[[`. */
  kind: string;
  /** Number of output parts before it. */
  at: number;
}

/** The most open brackets that are searched for the partner of a closing one. [ours] */
const maxSearched = 1000;

/** Removes templates, parameters and tables, and replaces links by their labels. */
function withoutBrackets(page: string, note: Note): string {
  const out: string[] = [];
  const stack: OpenBracket[] = [];
  const token = /\{\{\{(?!\{)|\{\{|\}\}\}|\}\}|^[ \t:]*\{\||^[ \t]*\|\}(?!\})|\[\[|\]\]/gm;
  let from = 0;
  /** Removes the last open bracket of `kinds`, and those opened after it; stops at a bracket of `barriers`. */
  const close = (kinds: string[], barriers: readonly string[]): OpenBracket | undefined => {
    for (let i = stack.length - 1; i >= Math.max(0, stack.length - maxSearched); i--) {
      if (kinds.includes(stack[i].kind)) {
        if (i < stack.length - 1) note("brackets never closed", stack.length - 1 - i);
        return stack.splice(i)[0];
      }
      if (barriers.includes(stack[i].kind)) break;
    }
    note("brackets never opened");
    return undefined;
  };
  for (let found = token.exec(page); found; found = token.exec(page)) {
    out.push(page.slice(from, found.index));
    const kind = found[0].trim().replace(/^:+/, "");
    from = token.lastIndex;
    if (kind === "}}}" && !stack.some((open) => open.kind === "{{{")) {
      from = token.lastIndex = found.index + 2;
    }
    if (kind.startsWith("{") || kind === "[[") stack.push({ kind, at: out.length });
    else if (kind === "]]") {
      const open = close(["[["], ["{{", "{{{", "{|"]);
      if (open) out.push(labelOf(out.splice(open.at).join("")));
    } else {
      const open = kind === "|}"
        ? close(["{|"], [])
        : kind === "}}}" && from === found.index + 3
        ? close(["{{{", "{{"], ["{|"])
        : close(["{{", "{{{"], ["{|"]);
      if (open) out.length = open.at;
    }
  }
  if (stack.length) note("brackets never closed", stack.length);
  out.push(page.slice(from));
  return out.join("");
}

/** Returns the visible text of a link. */
function labelOf(link: string): string {
  const bar = link.indexOf("|");
  const target = (bar < 0 ? link : link.slice(0, bar)).trim();
  const [, prefix = "", rest = ""] = /^([^:]*):(.*)$/s.exec(target) ?? [];
  const space = prefix.trim().toLowerCase();
  if (files.has(space)) return "";
  if (categories.has(space)) return `\n${rest.trim()}\n`;
  // Links to the article in other languages have no text.
  if (/^[a-z]{2,3}(-[a-z-]+)?$/.test(prefix) && bar < 0 && rest !== "") return "";
  const label = bar < 0 ? target.replace(/^:/, "") : link.slice(link.lastIndexOf("|") + 1);
  return label.trim() === "" ? target.replace(/^.*:/, "").replace(/\s*\([^)]*\)$/, "") : label;
}

/** Replaces links to other sites by their labels, or by nothing. */
function withoutExternalLinks(page: string): string {
  return page.replace(/\[(?:https?:|ftp:|mailto:|news:)?\/\/[^\s\][<>"]+[ \t]*([^\]\n]{0,1000})\]/gi, "$1")
    .replace(/\[mailto:[^\s\][]+[ \t]*([^\]\n]{0,1000})\]/gi, "$1");
}

/** Removes HTML tags, keeps their content, and decodes entities. */
function withoutTags(page: string): string {
  if (!/[<&]/.test(page)) return page;
  const out: string[] = [];
  const parser = new Parser({
    ontext: (text) => void out.push(text),
    onopentag: (name) => void (/^(br|p|div|li|tr|blockquote|poem)$/.test(name) && out.push("\n")),
  }, { decodeEntities: true });
  parser.end(page);
  return out.join("");
}

function tidy(page: string): string {
  return page.replace(/[ \t\u00a0]+/g, " ").replace(/\( ?[,;]? ?\)/g, "").replace(
    / ([,.;])/g,
    "$1",
  )
    .replace(/^[ \t]+|[ \t]+$/gm, "").replace(/^[|!}{\]\[*#:;,.()–-]+$/gm, "").replace(/\n{3,}/g, "\n\n")
    .trim();
}
