/**
 * Parser functions and variables of MediaWiki: `{{#if:...}}`, `{{lc:...}}`, `{{formatnum:...}}`, `{{PAGENAME}}`.
 *
 * @module
 */
import type { TemplateArgument } from "./bracket_scanner.ts";
import { hole } from "./extension_tags.ts";
import { formatNumber } from "./wiki_numbers.ts";

/** The page and wiki that variables tell about. */
export interface PageFacts {
  /** Title of the page; "" where it is not known. */
  title: string;
  /** Language of the wiki. */
  language: string;
}

/** Elements without text that `{{#tag:ref|...}}` makes. */
const hiddenTags = new Set(
  "ref references gallery timeline imagemap graph mapframe maplink templatestyles".split(" "),
);

/** Functions of the text behind the colon and of the other arguments. */
const functions: Readonly<
  Record<string, (first: string, args: readonly string[], page: PageFacts) => string>
> = {
  "#if": (test, [then = "", otherwise = ""]) => isBlank(test) ? otherwise : then,
  "#ifeq": (left, [right = "", then = "", otherwise = ""]) => isSame(left, right) ? then : otherwise,
  "#iferror": (test, [, fine]) => fine ?? test,
  "#ifexpr": (_, [then = ""]) => then,
  "#ifexist": (_, [then = ""]) => then,
  "#expr": (sum) => /^[-+]?[\d.]+$/.test(sum) ? sum : "",
  "#formatdate": (date) => date,
  "#dateformat": (date) => date,
  "#titleparts": (title) => title,
  "#language": (code) => code,
  "#tag": (tag, [content = ""]) => hiddenTags.has(tag.toLowerCase()) ? "" : content,
  lc: (text) => text.toLowerCase(),
  uc: (text) => text.toUpperCase(),
  lcfirst: (text) => text.slice(0, 1).toLowerCase() + text.slice(1),
  ucfirst: (text) => text.slice(0, 1).toUpperCase() + text.slice(1),
  formatnum: (text, [kind], { language }) =>
    kind?.trim() === "R" ? text.replaceAll(",", "") : formatNumber(text, language),
  plural: (count, [one = "", ...more]) => count === "1" ? one : more[more.length - 1] ?? one,
  grammar: (_, [word = ""]) => word,
  gender: (_, [first = ""]) => first,
  int: (text) => text,
  urlencode: (text) => text,
  anchorencode: (text) => text,
  padleft: (text) => text,
  padright: (text) => text,
};

/** Variables that are the title of the page. */
const titles = new Set("pagename fullpagename basepagename subpagename rootpagename".split(" "));

/** Returns the text of a parser function or variable; undefined where `name` is neither, a hole where it has none. */
export function parserFunctionText(
  name: string,
  args: readonly TemplateArgument[],
  page: PageFacts,
): string | undefined {
  const colon = name.indexOf(":");
  const key = (colon < 0 ? name : name.slice(0, colon)).trim().toLowerCase();
  if (colon < 0) {
    if (name === name.toUpperCase() && titles.has(key)) return page.title || hole;
    return /^(CURRENT|LOCAL|NUMBEROF|REVISION|SITE|SERVER|NAMESPACE|PAGE)[A-Z]+\d?$/.test(name)
      ? hole
      : undefined;
  }
  const first = name.slice(colon + 1).trim();
  if (key === "#switch") return switchText(first, args) || hole;
  const own = Object.hasOwn(functions, key) ? functions[key] : undefined;
  if (own) return own(first, args.map(({ whole }) => whole.trim()), page) || hole;
  return key.startsWith("#") ||
      /^(DEFAULTSORT|DISPLAYTITLE|NUMBEROF\w+|PAGESINCATEGORY|PROTECTIONLEVEL)$/i.test(key) ||
      isSortKey(name, key)
    ? hole
    : undefined;
}

/** Returns true for names of DEFAULTSORT in other languages, which are written in capitals. */
function isSortKey(name: string, key: string): boolean {
  return key.length > 5 && /^[\p{Lu}_]+:/u.test(name);
}

/** Returns the value of the first case that is equal, else the default. */
function switchText(value: string, args: readonly TemplateArgument[]): string {
  let isFound = false;
  let fallback = "";
  for (const [i, { name, whole, value: result }] of args.entries()) {
    const label = (name ?? whole).trim();
    if (name === undefined && i === args.length - 1) fallback = label;
    if (isSame(label, value)) isFound = true;
    if (isFound && name !== undefined) return result.trim();
    if (label === "#default") fallback = result.trim();
  }
  return fallback;
}

function isBlank(text: string): boolean {
  return text.replaceAll(hole, "").trim() === "";
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [left, right].map((text) => text.replaceAll(hole, "").trim());
  return a === b || (a !== "" && b !== "" && Number(a) === Number(b));
}
