/**
 * The brackets of MediaWiki markup: templates, parameters, tables and links, nested in each other.
 *
 * One pass over the page with a stack. A bracket that is never closed is counted and removed without the text behind
 * it; so is a template that reaches over a heading, since its braces belong to two templates.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import { hole } from "./extension_tags.ts";

/** The functions that give the text of brackets. */
export interface BracketTexts {
  /** Returns the text of a link from its parts; undefined where it is no link. */
  link: (parts: readonly string[], note: Note) => string | undefined;
  /** Returns the text of a template; undefined where its source is to stay. */
  template: (call: TemplateCall, note: Note) => string | undefined;
}

/** A call of a template or parser function. */
export interface TemplateCall {
  /** The part before the first bar. */
  name: string;
  /** The parts behind it. */
  args: readonly TemplateArgument[];
  /** True where nothing else stands on its lines. */
  isBlock: boolean;
}

/** An argument of a template. */
export interface TemplateArgument {
  /** Its name, for `name=value`. */
  name?: string;
  /** Its text; with name and sign for `name=value`. */
  whole: string;
  /** Its text behind the sign. */
  value: string;
}

/** An open bracket. */
interface OpenBracket {
  /** The bracket: `{{`, `{{{`, `{|` or `[[`. */
  kind: string;
  /** Its output part, which stays empty unless the bracket turns out to be text. */
  at: number;
  /** Place in the page. */
  start: number;
  /** Number of headings before it. */
  headings: number;
  /** Number of notes before it. */
  notes: number;
  /** Output parts that are its bars. */
  bars: number[];
  /** Output parts that are the first equals sign of an argument. */
  signs: number[];
}

/** The most open brackets that are searched for the partner of a closing one. [ours] */
const maxSearched = 1000;
/** Brackets below this depth are removed with their content. MediaWiki allows 40 templates in each other. */
const maxDepth = 100;

const outside = /\{\{\{(?!\{)|\{\{|\}\}\}|\}\}|\{\||\|\}(?!\})|\[\[|\]\]/g;
const inside = /\{\{\{(?!\{)|\{\{|\}\}\}|\}\}|\{\||\|\}(?!\})|\[\[|\]\]|\||=/g;

/** Replaces the brackets of a page by their texts; tables become holes. */
export function replaceBrackets(page: string, texts: BracketTexts, note: Note): string {
  const scan = new BracketScan(page, texts);
  return scan.run(note);
}

/** One pass over a page. */
class BracketScan {
  readonly #page: string;
  readonly #texts: BracketTexts;
  readonly #out: string[] = [];
  readonly #stack: OpenBracket[] = [];
  readonly #open: Record<string, number> = { "{{": 0, "{{{": 0, "[[": 0, "{|": 0 };
  /** Notes in order, so that those inside a dropped bracket can be dropped with it. */
  readonly #notes: [what: string, times: number][] = [];
  /** Number of brackets that were removed because of their depth. */
  #deep = 0;
  readonly #note: Note = (what, times = 1) => void this.#notes.push([what, times]);

  constructor(page: string, texts: BracketTexts) {
    this.#page = page;
    this.#texts = texts;
  }

  run(note: Note): string {
    const page = this.#page;
    const headings = headingsOf(page);
    let heading = 0;
    let from = 0;
    while (true) {
      const token = this.#stack.length ? inside : outside;
      token.lastIndex = from;
      const found = token.exec(page);
      if (!found) break;
      const { index } = found;
      this.#out.push(page.slice(from, index));
      from = token.lastIndex;
      while (headings[heading] < index) heading++;
      let kind = found[0];
      if ((kind === "{|" || kind === "|}") && !this.#opensLine(index, kind === "{|")) {
        // A bar beside a brace is no table.
        from = index + 1;
        kind = kind[0];
        if (kind === "{" || this.#stack.length === 0) {
          this.#out.push(kind);
          continue;
        }
      }
      if (kind === "|" || kind === "=") this.#separate(kind);
      else if (kind[0] === "{" || kind === "[[") this.#push(kind, index, heading);
      else if (kind === "]]" && this.#endsExternalLink(index)) {
        this.#out.push("]");
        from = index + 1;
      } else if (kind === "]]") this.#closeLink();
      else if (kind === "|}") this.#closeTable();
      else {
        const isParameter = kind === "}}}" && this.#open["{{{"] > 0;
        if (kind === "}}}" && !isParameter) from = index + 2;
        this.#closeBraces(isParameter ? ["{{{", "{{"] : ["{{", "{{{"], from, heading);
      }
    }
    if (this.#stack.length) this.#note("brackets never closed", this.#stack.length);
    // The attributes of a table that is never closed stand behind a bar, so that its line is no text.
    for (const { kind, at } of this.#stack) if (kind === "{|") this.#out[at] = "|";
    if (this.#deep) this.#note("brackets nested too deeply", this.#deep);
    for (const [what, times] of this.#notes) note(what, times);
    this.#out.push(page.slice(from));
    return this.#out.join("");
  }

  /** Returns true where only blank space, and colons before a table, stand before a place on its line. */
  #opensLine(place: number, isTable: boolean): boolean {
    let at = place - 1;
    for (; place - at < 100; at--) {
      const sign = this.#page[at];
      if (sign !== " " && sign !== "\t" && !(isTable && sign === ":")) break;
    }
    return at < 0 || this.#page[at] === "\n";
  }

  #push(kind: string, start: number, headings: number): void {
    this.#open[kind]++;
    this.#stack.push({
      kind,
      start,
      headings,
      at: this.#out.length,
      notes: this.#notes.length,
      bars: [],
      signs: [],
    });
    this.#out.push("");
  }

  /** Records a bar or an equals sign of the innermost bracket. */
  #separate(kind: string): void {
    const top = this.#stack[this.#stack.length - 1];
    if (kind === "|") top.bars.push(this.#out.length);
    else if (top.kind === "{{" && top.bars.length > 0) {
      const last = top.signs[top.signs.length - 1] ?? -1;
      if (last < top.bars[top.bars.length - 1]) top.signs.push(this.#out.length);
    }
    this.#out.push(kind);
  }

  /** Takes the last open bracket of `kinds` off the stack, and those opened after it; stops at a bracket of `barriers`. */
  #close(kinds: readonly string[], barriers: readonly string[]): OpenBracket | undefined {
    const stack = this.#stack;
    const isOpen = kinds.some((kind) => this.#open[kind] > 0);
    for (let i = stack.length - 1; isOpen && i >= Math.max(0, stack.length - maxSearched); i--) {
      if (kinds.includes(stack[i].kind)) {
        if (i < stack.length - 1) this.#note("brackets never closed", stack.length - 1 - i);
        const [open, ...lost] = stack.splice(i);
        for (const { kind } of [open, ...lost]) this.#open[kind]--;
        return open;
      }
      if (barriers.includes(stack[i].kind)) break;
    }
    this.#note("brackets never opened");
    return undefined;
  }

  /** Returns true for the first bracket of `]]]` where it closes `[http://x label`. */
  #endsExternalLink(place: number): boolean {
    if (this.#page[place + 2] !== "]" || this.#open["[["] === 0) return false;
    const before = this.#page.slice(Math.max(0, place - maxSearched), place);
    const single = before.lastIndexOf("[");
    return single > before.lastIndexOf("]") && before[single - 1] !== "[";
  }

  #closeLink(): void {
    const open = this.#close(["[["], ["{{", "{{{", "{|"]);
    if (!open) return;
    const isDeep = this.#stack.length >= maxDepth;
    const text = isDeep ? hole : this.#texts.link(this.#partsOf(open, open.bars), this.#note);
    if (isDeep) this.#deep++;
    if (text === undefined) {
      this.#out[open.at] = "[[";
      this.#out.push("]]");
    } else this.#replace(open, text);
  }

  #closeTable(): void {
    const open = this.#close(["{|"], []);
    if (!open) return;
    this.#dropNotes(open.notes);
    this.#note("tables removed");
    this.#replace(open, hole);
  }

  #closeBraces(kinds: readonly string[], end: number, heading: number): void {
    const open = this.#close(kinds, ["{|"]);
    if (!open) return;
    if (open.headings !== heading) {
      this.#note("brackets never closed");
      return;
    }
    if (this.#stack.length >= maxDepth) {
      this.#deep++;
      this.#replace(open, hole);
    } else if (open.kind === "{{{") {
      const [, ...fallback] = this.#partsOf(open, open.bars.slice(0, 1));
      if (fallback.length === 0) this.#note("parameters without value");
      this.#replace(open, fallback[0] ?? hole);
    } else this.#replace(open, this.#templateText(open, end) ?? this.#page.slice(open.start, end));
  }

  #templateText(open: OpenBracket, end: number): string | undefined {
    const [name, ...args] = this.#partsOf(open, open.bars);
    let sign = 0;
    const parsed = args.map((whole, i): TemplateArgument => {
      const start = open.bars[i] + 1;
      const until = open.bars[i + 1] ?? this.#out.length;
      while (open.signs[sign] < start) sign++;
      const at = open.signs[sign];
      if (!(at < until)) return { whole, value: whole };
      return { name: this.#join(start, at), whole, value: this.#join(at + 1, until) };
    });
    const before = this.#notes.length;
    const isBlock = endsLine(this.#page, end) && this.#isLineEmpty(open.at);
    return this.#texts.template({ name, args: parsed, isBlock }, (what, times = 1) => {
      // The notes inside a template that is dropped are about text that is gone.
      if (what.startsWith("templates removed")) this.#dropNotes(open.notes, before);
      this.#note(what, times);
    });
  }

  /** Returns true where the line before an output part holds nothing but holes, as far as 20 parts back. */
  #isLineEmpty(part: number): boolean {
    for (let i = part - 1; i >= Math.max(0, part - 20); i--) {
      const text = this.#out[i];
      const line = text.slice(text.lastIndexOf("\n") + 1);
      if (line !== "" && /[^ \t\uFDD2]/.test(line)) return false;
      if (line.length < text.length) return true;
    }
    return part <= 20;
  }

  /** Returns the texts between the bars of a bracket. */
  #partsOf(open: OpenBracket, bars: readonly number[]): string[] {
    return [open.at, ...bars].map((bar, i) => this.#join(bar + 1, bars[i] ?? this.#out.length));
  }

  #join(from: number, to: number): string {
    return to - from === 1 ? this.#out[from] : this.#out.slice(from, to).join("");
  }

  /** Drops the notes from one number to another, but for those about brackets. */
  #dropNotes(from: number, to = this.#notes.length): void {
    let kept = from;
    for (let i = from; i < this.#notes.length; i++) {
      if (i >= to || this.#notes[i][0].startsWith("brackets")) this.#notes[kept++] = this.#notes[i];
    }
    this.#notes.length = kept;
  }

  #replace(open: OpenBracket, text: string): void {
    this.#out.length = open.at;
    this.#out.push(text);
  }
}

/** Returns the places of the lines that begin with an equals sign. */
function headingsOf(page: string): number[] {
  const places: number[] = page[0] === "=" ? [0] : [];
  for (let at = page.indexOf("\n="); at >= 0; at = page.indexOf("\n=", at + 2)) places.push(at + 1);
  return places;
}

/** Returns true where nothing but other templates stands on the line behind a place. */
function endsLine(page: string, place: number): boolean {
  let after = place;
  while (after - place < 20 && (page[after] === " " || page[after] === "\t")) after++;
  if (after >= page.length || page[after] === "\n") return true;
  if (!page.startsWith("{{", after)) return false;
  const line = page.slice(after, after + 500);
  const end = line.indexOf("\n");
  return end < 0 ? line.length < 500 : line.slice(0, end).trimEnd().endsWith("}}");
}
