/**
 * Conversion of HTML to plain text: each block on its own line, preformatted text unchanged, no scripts, styles,
 * pictures.
 *
 * @module
 */
import { type Handler, Parser } from "htmlparser2";

/** Options of the conversion. */
interface HtmlTextOptions {
  /** Further elements to remove with their content. */
  without?: readonly string[];
}

/** Elements that are removed with their content. */
const removed = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "head",
  "svg",
  "iframe",
  "object",
  "select",
  "textarea",
]);
const blocks = new Set(
  ("address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 " +
    "h4 h5 h6 header hr main nav ol p pre section summary table tbody tfoot thead tr ul li caption").split(
      " ",
    ),
);
const paragraphs = new Set([
  "p",
  "pre",
  "blockquote",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "table",
  "ul",
  "ol",
  "dl",
]);

/** The deepest nesting of elements that is followed, that of browsers. */
const maxDepth = 512;

/** The end of a parsing that met elements below `maxDepth`. */
const tooDeep = Symbol("too deep");

/** Returns the text of an HTML page or fragment; list items begin with `* `. */
export function htmlText(html: string, { without = [] }: HtmlTextOptions = {}): string {
  const skipped = new Set([...removed, ...without]);
  return parsedText(html, skipped, false) ?? parsedText(html, skipped, true)!;
}

/** Returns the text of a page; undefined where elements nest too deep, unless `isShallow` makes them empty ones. */
function parsedText(html: string, skipped: ReadonlySet<string>, isShallow: boolean): string | undefined {
  const page = new Page();
  let hidden = 0;
  let preformatted = 0;
  let lists = 0;
  let depth = 0;
  const handler: Partial<Handler> = {
    onopentag(name) {
      if (++depth > maxDepth && !isShallow) throw tooDeep;
      if (skipped.has(name)) hidden++;
      if (hidden) return;
      if (name === "br") page.newline();
      else if (name === "td" || name === "th") page.space();
      else if (blocks.has(name)) page.lines(paragraphs.has(name) && lists === 0 ? 2 : 1);
      if (name === "ul" || name === "ol") lists++;
      if (name === "li") page.bullet();
      if (name === "pre") preformatted++;
    },
    ontext(text) {
      if (!hidden) preformatted ? page.raw(text) : page.flow(text);
    },
    onclosetag(name) {
      depth--;
      if (skipped.has(name)) hidden = Math.max(0, hidden - 1);
      if (hidden) return;
      if (name === "pre") preformatted = Math.max(0, preformatted - 1);
      if (name === "ul" || name === "ol") lists = Math.max(0, lists - 1);
      if (blocks.has(name)) page.lines(paragraphs.has(name) && lists === 0 ? 2 : 1);
    },
  };
  const parser = isShallow
    ? new ShallowParser(handler, (name) => depth >= maxDepth && (hidden > 0 || !skipped.has(name)))
    : new Parser(handler, { decodeEntities: true });
  try {
    parser.end(html);
  } catch (error) {
    if (error === tooDeep) return undefined;
    throw error;
  }
  return page.text;
}

/** A parser that takes an element for an empty one where it stands too deep; the time of each grows with the depth. */
class ShallowParser extends Parser {
  readonly #isTooDeep: (name: string) => boolean;
  /** The decision about the tag that is being read. */
  #isEmpty?: boolean;

  constructor(handler: Partial<Handler>, isTooDeep: (name: string) => boolean) {
    super(handler, { decodeEntities: true });
    this.#isTooDeep = isTooDeep;
  }

  override onopentagname(start: number, end: number): void {
    this.#isEmpty = undefined;
    super.onopentagname(start, end);
  }

  override onclosetag(start: number, end: number): void {
    this.#isEmpty = false;
    super.onclosetag(start, end);
  }

  protected override isVoidElement(name: string): boolean {
    return super.isVoidElement(name) || (this.#isEmpty ??= this.#isTooDeep(name));
  }
}

/** A text under construction. */
class Page {
  #parts: string[] = [];
  /** Line ends at the end of the text; 2 at the start, so that the text begins without an empty line. */
  #lineEnds = 2;
  #atSpace = true;

  /** Appends running text, in which a run of white space is one space. */
  flow(text: string): void {
    let piece = text.replace(/\s+/g, " ");
    if (this.#atSpace && piece.startsWith(" ")) piece = piece.slice(1);
    if (piece !== "") this.#put(piece);
  }

  /** Appends text unchanged. */
  raw(text: string): void {
    if (text !== "") this.#put(text);
  }

  /** Appends the start of a list item; a paragraph behind it needs no new line. */
  bullet(): void {
    this.#put("* ");
    this.#lineEnds = 1;
  }

  space(): void {
    if (!this.#atSpace) this.#put(" ");
  }

  newline(): void {
    this.#trim();
    this.#parts.push("\n");
    this.#lineEnds++;
    this.#atSpace = true;
  }

  /** Appends line ends until there are at least `count`. */
  lines(count: number): void {
    while (this.#lineEnds < count) this.newline();
  }

  get text(): string {
    return this.#parts.join("").trim();
  }

  #put(text: string): void {
    this.#parts.push(text);
    let end = text.length;
    while (end > 0 && text[end - 1] === "\n") end--;
    this.#lineEnds = text.length - end;
    this.#atSpace = /\s$/.test(text);
  }

  #trim(): void {
    const last = this.#parts.length - 1;
    if (this.#lineEnds === 0 && last >= 0) this.#parts[last] = withoutSpaces(this.#parts[last]);
  }
}

/** Removes spaces at the end. */
function withoutSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === " ") end--;
  return text.slice(0, end);
}
