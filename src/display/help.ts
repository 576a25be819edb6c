/**
 * Help where an editor is not at hand: the verbs of a class, or one verb with its options.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { nearest } from "../base/schema.ts";
import { Displayable, type Picture } from "./display.ts";
import { type Entry, entryLines, wrapLines } from "./entries.ts";
import { escapeHtml, join, scrolling, titleHtml } from "./html.ts";
import { table } from "./table.ts";
import { type Paint, terminalColumns, unpainted } from "./terminal.ts";
import { textWidth } from "./text_width.ts";

/** An option of a verb. */
export interface HelpOption {
  /** Name; `keep.last` is a key of the option `keep`. */
  name: string;
  /** Type, as in TypeScript. */
  type: string;
  /** True when it must be given. */
  required?: boolean;
  /** Default; missing where an option that is left out changes nothing. */
  fallback?: string;
  /** Origin of the default: a section of the paper, `ours`, or the work it is taken from. */
  origin?: string;
  /** Unit of a number. */
  unit?: string;
  /** Meaning. */
  about: string;
}

/** The keys of an argument that is no options object, such as the shape of a model. */
export interface HelpKeys {
  /** Name of the argument. */
  of: string;
  /** Its keys. */
  options: HelpOption[];
}

/** A table of names that a verb takes, such as presets. */
export interface HelpList {
  /** Title. */
  title: string;
  /** Rows by column. */
  rows: Record<string, string | number>[];
}

/** A verb or a fact of a class. */
export interface HelpVerb {
  /** Name. */
  name: string;
  /** `constructor`, `static`, `verb` or `fact`. */
  kind: string;
  /** The call, such as `pretrain(data, options)`. */
  call: string;
  /** Type of the result. */
  gives: string;
  /** First sentence about it. */
  about: string;
  /** Further sentences. */
  more?: string;
  /** Errors, each with its kind and its reason. */
  throws?: string[];
  /** Options. */
  options: HelpOption[];
  /** Keys of other arguments. */
  keys?: HelpKeys[];
  /** Names that it takes. */
  lists?: HelpList[];
  /** An example in TypeScript. */
  example?: string;
}

/** The texts about a class, made from its doc comments and schemas. */
export interface HelpTexts {
  /** Name of the class. */
  name: string;
  /** First sentence about it. */
  about: string;
  /** Its constructor, static verbs, verbs and facts, in this order. */
  verbs: HelpVerb[];
}

/** Help about a class or a verb: a table in a notebook, text of the terminal's width elsewhere. */
export class Help extends Displayable {
  readonly #texts: HelpTexts;
  readonly #verbs: readonly HelpVerb[];

  /**
   * Takes the texts of a class and the verb to explain; without one it lists the verbs. `new` means the constructor.
   *
   * @throws {ConfigError} for a verb that the class does not have; it names the nearest one
   */
  constructor(texts: HelpTexts, verb?: string) {
    super();
    this.#texts = texts;
    this.#verbs = verb === undefined ? [] : find(texts, verb);
  }

  /** The options of the verb; none without a verb. */
  get options(): readonly HelpOption[] {
    return this.#verbs.flatMap(({ options }) => options);
  }

  /** Shows the list of verbs, or the verb, with text of the terminal's width unless `columns` says another. */
  picture(columns: number = terminalColumns()): Picture {
    if (!this.#verbs.length) return classPicture(this.#texts, columns);
    return join(...this.#verbs.map((verb) => verbPicture(this.#texts, verb, columns)));
  }

  /** Returns the texts as plain data: of the class, or with the asked verb alone. */
  toJSON(): HelpTexts {
    return this.#verbs.length ? { ...this.#texts, verbs: [...this.#verbs] } : this.#texts;
  }
}

/** Returns the verbs of a name: one, or a static one and another of the same name. */
function find({ name, verbs }: HelpTexts, asked: string): HelpVerb[] {
  const bare = String(asked).replace(new RegExp(`^${name}\\.`), "").replace(/\(.*$/, "");
  const wanted = ["new", name, `new ${name}`].includes(bare) ? "constructor" : bare;
  const found = verbs.filter((verb) => verb.name === wanted);
  if (found.length) return found;
  const names = verbs.map((verb) => verb.name);
  const near = nearest(wanted, names);
  const hint = near ? `did you mean "${near}"?` : `it has ${names.join(", ")}`;
  throw new ConfigError(`Cannot use ${name}.help: ${name} has no verb ${JSON.stringify(asked)}, ${hint}`, {
    path: `${name}.help`,
    value: asked,
  });
}

const groups: readonly (readonly [kinds: string[], title: string])[] = [
  [["constructor", "static"], "To begin"],
  [["verb"], "Verbs"],
  [["fact"], "Facts"],
];

function classPicture({ name, about, verbs }: HelpTexts, columns: number): Picture {
  const rich = verbs.toSorted((a, b) => b.options.length - a.options.length)[0];
  const last = `${name}.help("${rich?.name}") explains one of them, with its options and their defaults.`;
  const parts = groups.map(([kinds, title]) => ({ title, own: verbs.filter((v) => kinds.includes(v.kind)) }))
    .filter(({ own }) => own.length);
  return join(
    textPicture(`${name}: ${about}`, columns, titleHtml(name) + paragraph(about)),
    ...parts.map(({ title, own }) =>
      listPicture({
        title,
        entries: own.map((verb) => ({ name: verb.call, text: verb.about })),
        rows: own.map((verb) => ({ name: verb.call, meaning: verb.about, gives: verb.gives })),
      }, columns)
    ),
    textPicture(last, columns, paragraph(last)),
  );
}

function verbPicture(texts: HelpTexts, verb: HelpVerb, columns: number): Picture {
  const { options, keys = [], lists = [], example } = verb;
  const grids = [{ title: "Options", options }, ...keys.map((k) => ({ title: `Keys of ${k.of}`, ...k }))];
  return join(
    head(texts, verb, columns),
    ...grids.filter((grid) => grid.options.length).map((grid) => listPicture(optionList(grid), columns)),
    ...lists.map(({ title, rows }) => fitted(table(rows, { title }), columns)),
    ...(example === undefined ? [] : [examplePicture(example)]),
  );
}

/** Returns a picture whose text fits the columns too. */
function fitted(picture: Picture, columns: number): Picture {
  return { ...picture, text: picture.terminal?.(unpainted, columns) ?? picture.text };
}

function head({ name }: HelpTexts, verb: HelpVerb, columns: number): Picture {
  const { kind, call, gives, about, more, throws = [] } = verb;
  const place = kind === "verb" || kind === "fact" ? `${name}: ` : "";
  const title = `${place}${call}${gives && gives !== "void" ? ` -> ${gives}` : ""}`;
  const sentences = [about, ...(more ? [more] : []), ...throws.map((reason) => `Throws ${reason}.`)].join(
    "\n",
  );
  const text = (paint: Paint) =>
    [
      ...wrapLines(title, columns).map((line) => paint(line, "bold")),
      "",
      ...wrapLines(sentences, columns),
    ].join("\n");
  const html = titleHtml(title) + sentences.split("\n").map(paragraph).join("");
  return { text: text(unpainted), html, terminal: text };
}

interface List {
  title: string;
  entries: Entry[];
  rows: Record<string, string>[];
}

function optionList({ title, options }: { title: string; options: readonly HelpOption[] }): List {
  return {
    title,
    entries: options.map((option) => ({ name: option.name, facts: facts(option), text: option.about })),
    rows: options.map((option) => ({
      name: option.name,
      meaning: option.about,
      default: option.required ? "(required)" : option.fallback ?? "",
      from: option.origin ?? "",
      type: typeAndUnit(option),
    })),
  };
}

/** Returns type, unit and default on one line: `number (updates); default: 3 (ours)`. */
function facts(option: HelpOption): string {
  const { required, fallback, origin } = option;
  const kind = typeAndUnit(option);
  if (required) return `${kind}; required`;
  return fallback === undefined ? kind : `${kind}; default: ${fallback} (${origin})`;
}

function typeAndUnit({ type, unit }: HelpOption): string {
  return unit ? `${type} (${unit})` : type;
}

function listPicture({ title, entries, rows }: List, columns: number): Picture {
  const left = Math.min(32, Math.max(...entries.map(({ name }) => textWidth(name))) + 2);
  const text = (paint: Paint) =>
    [paint(title, "bold"), ...entryLines(entries, { columns, left, paint })].join("\n");
  return { text: text(unpainted), html: titleHtml(title) + grid(rows), terminal: text };
}

/** Returns rows of text as an HTML table, whole: here the cells are the matter, not a summary. */
function grid(rows: readonly Record<string, string>[]): string {
  const style = "text-align:left;vertical-align:top;padding:2px 10px";
  const names = Object.keys(rows[0]).filter((name) => rows.some((row) => row[name]));
  const heads = names.map((name) => `<th style="${style}">${name}</th>`).join("");
  const body = rows.map((row) => {
    const cells = names.map((name) =>
      `<td style="${style}">${
        name === "name" ? `<code>${escapeHtml(row.name)}</code>` : marked(row[name])
      }</td>`
    );
    return `<tr>${cells.join("")}</tr>`;
  });
  return scrolling(
    `<table style="margin:0"><thead><tr>${heads}</tr></thead><tbody>${body.join("")}</tbody></table>`,
  );
}

function examplePicture(example: string): Picture {
  return {
    text: `Example\n${example.replace(/^(?=.)/gm, "  ")}`,
    html: titleHtml("Example") + `<pre style="margin:4px 0;overflow-x:auto">${escapeHtml(example)}</pre>`,
  };
}

function textPicture(text: string, columns: number, html: string): Picture {
  return { text: wrapLines(text, columns).join("\n"), html };
}

function paragraph(text: string): string {
  return `<div style="margin:4px 0;max-width:60em">${marked(text)}</div>`;
}

/** Returns text as HTML, with words between backticks as code. */
function marked(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}
