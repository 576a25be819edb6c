/**
 * The text of a template: of the known ones what a reader of the page sees, of others their last argument.
 *
 * Boxes, citations, notes of editors and pictures have no text. Each template without text and each unknown one is
 * counted by its name.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import type { TemplateCall } from "./bracket_scanner.ts";
import { hole } from "./extension_tags.ts";
import { inlineTemplate } from "./inline_templates.ts";
import { type PageFacts, parserFunctionText } from "./parser_functions.ts";
import { TemplateArgs } from "./template_args.ts";
import { coordinates } from "./template_values.ts";
import { namespaceName, type NamespaceTable } from "./wiki_site.ts";

/** Names of templates without text, whatever their arguments are. */
const withoutText = new RegExp(
  "^(?:" + [
    "cite|cite .*|citation|citation (needed|style).*|citation-.*|cit(ar|e|at|ation)? (web|book|news|journal).*|vcite.*|sfn.*|harv|harvnb|harvcol|harvcolnb|harvs|harvard citation.*|efn.*|refn?|refbegin|refend|" +
    "ref(-| ).*|r|rp|note|notelist.*|reflist.*|references.*|odn|przypisy|literatur|internetquelle|der|ouvrage|article",
    "cn|fact|facts|clarify.*|clarification.*|who|whom|by whom|when|where|which|why|how|vague|dubious.*|" +
    "disputed.*|verify .*|verification .*|failed verification|not in (source|citation).*|better source.*|page needed|" +
    "pn|page number needed|specify|нет аи.*|источник.*|уточнить.*|кто\\?|когда\\?|где\\?|какой\\?|quando|chi|senza fonte|full( citation needed)?|dead link|webarchive|wayback|update( .*)?|according to whom|" +
    "original research.*|or|pov.*|weasel.*|peacock.*|non-primary.*|primary source.*|self-published.*|unreliable.*|" +
    "disambiguation needed|dn|elucidate|examples?|lopsided|says who|year needed|quantify|tone.*|unbalanced.*|speculation.*",
    "infobox.*|.*infobox|.*taxobox|speciesbox|chembox.*|drugbox|geobox.*|navbox.*|sidebar.*|succession box.*|s-.*|" +
    ".*[- ]stub|stub.*|portal.*|commons.*|sister project.*|wikisource.*|wiktionary.*|wikiquote.*|authority control|" +
    "persondata|normdaten|defaultsort|coord missing|italic title|short description|use (dmy|mdy|british|american).*|" +
    "main|main article|see also|further|details|about|for|other uses.*|redirect.*|distinguish.*|hatnote|multiple image|" +
    "anchor|anchors|anker|fn|fnbox|fußnote|flagicon.*|flag icon|flagdeco|sigle|lang icon|.* icon|ref-\\w\\w|link (fa|ga)|clear|-|hs|hidden sort.*|" +
    "age.*|inflation.*|pop density|dynamic list|expand .*|image|css image crop|annotated image.*|wide image|panorama|gallery|listen|" +
    "toc.*|compact toc|pp-.*|featured article|good article|audio-nohelp|party color|legend.*|location map.*|maplink|" +
    "ipa notice|contains .* text|default sort|displaytitle|lowercase.*|nomor|nopage|doi-inline|webcite|flagathlete.*|col-.*",
  ].join("|") + ")$",
);

/** The longest name of a template that is counted by itself. [ours] */
const maxNameLength = 60;

/** The most characters of a text that a pattern makes of longer arguments; a page can put templates in each other. [ours] */
const maxExpanded = 100_000;

/** The wiki that a template is called on. */
export interface TemplateContext {
  /** The page. */
  facts: PageFacts;
  /** The namespaces of the wiki. */
  namespaces: NamespaceTable;
  /** Texts of the user's templates by name in lower case, with `$1` and `${name}` for arguments. */
  patterns: ReadonlyMap<string, string>;
}

/** Returns the function that gives the text of a template. `isCode` keeps unknown ones as they are. */
export function templateTexts(
  { facts, namespaces, patterns }: TemplateContext,
  isCode = false,
): (call: TemplateCall, note: Note) => string | undefined {
  return ({ name: written, args, isBlock }, note) => {
    const name = templateName(written, namespaces);
    const called = parserFunctionText(name, args, facts);
    if (called !== undefined) {
      if (called === hole) note(`parser functions without text: ${shown(name.replace(/:.*$/s, ""))}`);
      return called;
    }
    const key = name.toLowerCase();
    const values = new TemplateArgs(args);
    const pattern = patterns.get(key);
    if (pattern !== undefined) return patternText(pattern, values) || hole;
    const own = inlineTemplate(name);
    if (own) return own(values, facts.language, key) || removed(name, note);
    if (key === "coord" || key === "coordinates") return coordinates(values) || removed(name, note);
    if (isCode) return undefined;
    const text = isBlock || key.length > maxNameLength || withoutText.test(key) ? "" : values.last();
    if (text === "" || isReference(text)) return removed(name, note);
    note(`unknown templates kept: ${shown(name)}`);
    return text;
  };
}

/** Returns a pattern with its arguments: `$1` by position, `${author}` by name. */
function patternText(pattern: string, values: TemplateArgs): string {
  const text = pattern.replace(
    /\$(?:(\d)|\{([^{}]+)\})/g,
    (_, at, name) => at ? values.at(Number(at) - 1) : values.named(name.toLowerCase()),
  );
  return text.length > maxExpanded ? values.last().slice(0, maxExpanded) : text;
}

/** Returns the name of a template without its namespace, `subst:` and blank space. */
function templateName(written: string, namespaces: NamespaceTable): string {
  let name = written.replaceAll(hole, "").replaceAll("_", " ").trim();
  for (let colon = name.indexOf(":"); colon > 0; colon = name.indexOf(":")) {
    const prefix = namespaceName(name.slice(0, colon));
    if (namespaces.get(prefix) !== "template" && !/^(subst|safesubst|msgnw|msg|raw)$/.test(prefix)) break;
    name = name.slice(colon + 1).trim();
  }
  return name;
}

/** Returns true for the name of a picture or sound, an address, or a value of layout. */
function isReference(text: string): boolean {
  return /^(https?:)?\/\/\S*$|^[^\n]*\.(jpe?g|png|svg|gif|og[gv]|oga|webm)$|^[\d.]+ ?(px|%|em)$/i.test(text);
}

function removed(name: string, note: Note): string {
  note(`templates removed: ${shown(name)}`);
  return hole;
}

function shown(name: string): string {
  return name === "" || name.length > maxNameLength || name.includes("\n") ? "(no name)" : name;
}
