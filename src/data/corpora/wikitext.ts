/**
 * MediaWiki markup as plain text: what a reader of the page sees, without tables, boxes, notes, pictures and formulas.
 *
 * Brackets are matched with a stack, so nesting of any depth works, and one that is never closed costs its own two
 * characters: it is counted and eats nothing.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import type { Note } from "../steps/document_step.ts";
import { replaceBetween } from "./cut_between.ts";

/** Names of the file and media namespaces in the paper's 20 languages, lower case; links to them show no text. */
const files = new Set(
  ("file image media datei bild fichier archivo imagen imatge fitxer soubor fil billede kép fájl immagine afbeelding bestand " +
    "plik grafika ficheiro imagem arquivo fișier fişier imagine datoteka slika zvok файл изображение картинка медия медиа " +
    "датотека слика датотека медиј зображення медіа media mediji médium média mèdia medio").split(" "),
);
/** Names of the category namespace in the same languages; their links show the category. */
const categories = new Set(
  ("category kategorie catégorie categoría categoria kategori kategória kategorija kategoria categorie kategorija kategorija " +
    "категория категорія категорија kategorie").split(" "),
);
/** Elements whose content is no text. */
const withContent =
  "ref|table|gallery|math|chem|ce|timeline|score|imagemap|hiero|templatestyles|graph|mapframe|maplink|inputbox|categorytree|templatedata|section|references";

/** The text of a page. `note` is told of brackets that match no other. */
export function plainWikitext(text: string, note: Note = () => {}): string {
  const kept: string[] = [];
  let page = replaceBetween(text, ["<!--", "-->"], () => "", () => note("comments never closed"));
  const keep = (inner: string) => `\uE000${kept.push(inner) - 1}\uE001`;
  page = replaceBetween(
    page.replace(/<nowiki\s*\/>/gi, ""),
    ["<nowiki>", "</nowiki>"],
    keep,
    () => note("elements never closed"),
  );
  page = page.replace(/[ \t\u00a0]+/g, " ");
  page = page.replace(new RegExp(`<(${withContent})(?:\\s[^<>]*?)?/>`, "gi"), "");
  page = withoutElements(page, note);
  page = unlinked(withoutBrackets(page, note));
  page = page.replace(/'{2,5}/g, "").replace(/__[A-ZÀ-ÞА-Я]+__/g, "").replace(/^-{4,}/gm, "")
    .replace(/^[*#:;]+\s*/gm, "").replace(/^(={1,6})[ \t]*(.+?)[ \t]*\1[ \t]*$/gm, "\n$2\n");
  page = withoutTags(page);
  page = page.replace(/\uE000(\d+)\uE001/g, (_, at) => kept[Number(at)]);
  return tidy(page);
}

/** Elements with all that is in them; from the inside out, so that nested ones of one name go as well. */
function withoutElements(page: string, note: Note): string {
  const innermost = new RegExp(
    `<(${withContent})(?:\\s[^<>]*)?>(?:(?!<(?:${withContent})[\\s>])[\\s\\S])*?</\\1\\s*>`,
    "gi",
  );
  for (let depth = 0; depth < 20; depth++) {
    const less = page.replace(innermost, "");
    if (less === page) break;
    page = less;
  }
  return page.replace(
    new RegExp(`</?(${withContent})(?:\\s[^<>]*)?>?`, "gi"),
    () => (note("elements never closed"), ""),
  );
}

interface Open {
  /** `{{`, `{{{`, `{|`, `[[`. */
  kind: string;
  /** Number of pieces put out before it. */
  at: number;
}

/** Brackets that are looked through for the one that a closing one belongs to. [ours] */
const deepest = 1000;

/** Without templates, parameters and tables; links as their labels. */
function withoutBrackets(page: string, note: Note): string {
  const out: string[] = [];
  const stack: Open[] = [];
  const token = /\{\{\{(?!\{)|\{\{|\}\}\}|\}\}|^[ \t:]*\{\||^[ \t]*\|\}(?!\})|\[\[|\]\]/gm;
  let from = 0;
  /** Takes out what was opened last of one of the kinds, with all that stands above it. */
  const close = (kinds: string[], past: readonly string[]): Open | undefined => {
    for (let i = stack.length - 1; i >= Math.max(0, stack.length - deepest); i--) {
      if (kinds.includes(stack[i].kind)) {
        if (i < stack.length - 1) note("brackets never closed", stack.length - 1 - i);
        return stack.splice(i)[0];
      }
      if (past.includes(stack[i].kind)) break;
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

/** What a link shows. */
function labelOf(link: string): string {
  const bar = link.indexOf("|");
  const target = (bar < 0 ? link : link.slice(0, bar)).trim();
  const [, prefix = "", rest = ""] = /^([^:]*):(.*)$/s.exec(target) ?? [];
  const space = prefix.trim().toLowerCase();
  if (files.has(space)) return "";
  if (categories.has(space)) return `\n${rest.trim()}\n`;
  // Links to the same article in other languages show nothing.
  if (/^[a-z]{2,3}(-[a-z-]+)?$/.test(prefix) && bar < 0 && rest !== "") return "";
  const label = bar < 0 ? target.replace(/^:/, "") : link.slice(link.lastIndexOf("|") + 1);
  return label.trim() === "" ? target.replace(/^.*:/, "").replace(/\s*\([^)]*\)$/, "") : label;
}

/** Links to other sites as their labels; without one they show nothing. */
function unlinked(page: string): string {
  return page.replace(/\[(?:https?:|ftp:|mailto:|news:)?\/\/[^\s\][<>"]+[ \t]*([^\]\n]{0,1000})\]/gi, "$1")
    .replace(/\[mailto:[^\s\][]+[ \t]*([^\]\n]{0,1000})\]/gi, "$1");
}

/** HTML tags go, what is in them stays, entities become characters. */
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
