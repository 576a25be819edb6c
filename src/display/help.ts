/**
 * Help where an editor is not at hand: the verbs of a class, or one verb with its options.
 *
 * @module
 */
import { ConfigError } from "../base/errors.ts";
import { nearest } from "../base/schema.ts";
import { Displayable, type Picture } from "./display.ts";
import { escapeHtml, join } from "./html.ts";
import { table } from "./table.ts";
import { textWidth } from "./text_width.ts";
import { wrap, wrapEntries } from "./wrap.ts";

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
  const parts = groups.map(([kinds, title]) => ({ title, own: verbs.filter((v) => kinds.includes(v.kind)) }))
    .filter(({ own }) => own.length);
  const rich = verbs.toSorted((a, b) => b.options.length - a.options.length)[0];
  const last = `${name}.help("${rich?.name}") explains one of them, with its options and their defaults.`;
  const text = parts.flatMap(({ title, own }) => [
    "",
    title,
    ...wrapEntries(own.map((verb) => [verb.call, verb.about]), {
      columns,
      left: leftOf(own.map((v) => v.call)),
    }),
  ]);
  const html = parts.map(({ title, own }) =>
    grid(title, own.map((verb) => ({ name: verb.call, meaning: verb.about, gives: verb.gives })))
  );
  return {
    text: [...wrap(`${name}: ${about}`, columns), ...text, "", ...wrap(last, columns)].join("\n"),
    html: heading(name, [about]) + html.join("") + paragraph(last),
  };
}

function leftOf(names: readonly string[]): number {
  return Math.min(32, Math.max(...names.map(textWidth)) + 2);
}

function verbPicture(texts: HelpTexts, verb: HelpVerb, columns: number): Picture {
  const { options, keys = [], lists = [], example } = verb;
  const grids = [{ title: "Options", options }, ...keys.map((k) => ({ title: `Keys of ${k.of}`, ...k }))];
  const code = example === undefined ? [] : [{
    text: `Example\n${example.replace(/^(?=.)/gm, "  ")}`,
    html: `<b>Example</b><pre style="margin:4px 0;overflow-x:auto">${escapeHtml(example)}</pre>`,
  }];
  return join(
    head(texts, verb, columns),
    ...grids.filter((grid) => grid.options.length).map((grid) => optionsPicture(grid, columns)),
    ...lists.map(({ title, rows }) => table(rows, { title })),
    ...code,
  );
}

function head({ name }: HelpTexts, verb: HelpVerb, columns: number): Picture {
  const { kind, call, gives, about, more, throws = [] } = verb;
  const place = kind === "verb" || kind === "fact" ? `${name}: ` : "";
  const title = `${place}${call}${gives && gives !== "void" ? ` -> ${gives}` : ""}`;
  const sentences = [about, ...(more ? [more] : []), ...throws.map((reason) => `Throws ${reason}.`)];
  return {
    text: [...wrap(title, columns), "", ...sentences.flatMap((sentence) => wrap(sentence, columns))].join(
      "\n",
    ),
    html: heading(title, sentences),
  };
}

function optionsPicture(
  { title, options }: { title: string; options: readonly HelpOption[] },
  columns: number,
): Picture {
  const entries = options.map((option) => [option.name, `${facts(option)}\n${option.about}`] as const);
  const rows = options.map(({ name, type, unit = "", required, fallback = "", origin = "", about }) => ({
    name,
    meaning: about,
    default: required ? "(required)" : fallback,
    from: origin,
    unit,
    type,
  }));
  const left = leftOf(options.map(({ name }) => name));
  return {
    text: [title, ...wrapEntries(entries, { columns, left })].join("\n"),
    html: grid(title, rows),
  };
}

/** Returns type, unit and default on one line: `number (updates); default: 3 (ours)`. */
function facts({ type, unit, required, fallback, origin }: HelpOption): string {
  const kind = unit ? `${type} (${unit})` : type;
  if (required) return `${kind}; required`;
  return fallback === undefined ? kind : `${kind}; default: ${fallback} (${origin})`;
}

function heading(title: string, sentences: readonly string[]): string {
  return titleLine(title) + sentences.flatMap((text) => text.split("\n")).map(paragraph).join("");
}

function titleLine(title: string): string {
  return `<div style="font-weight:bold;margin:4px 0">${escapeHtml(title)}</div>`;
}

function paragraph(text: string): string {
  return `<div style="margin:4px 0;max-width:60em">${marked(text)}</div>`;
}

/** Returns rows of text as an HTML table, whole: here the cells are the matter, not a summary. */
function grid(title: string, rows: readonly Record<string, string>[]): string {
  const style = "text-align:left;vertical-align:top;padding:2px 10px";
  const names = Object.keys(rows[0]).filter((name) => rows.some((row) => row[name]));
  const head = names.map((name) => `<th style="${style}">${name}</th>`).join("");
  const body = rows.map((row) => {
    const cells = names.map((name) =>
      `<td style="${style}">${
        name === "name" ? `<code>${escapeHtml(row.name)}</code>` : marked(row[name])
      }</td>`
    );
    return `<tr>${cells.join("")}</tr>`;
  }).join("");
  const table = `<table style="margin:0"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return `${titleLine(title)}<div style="overflow-x:auto">${table}</div>`;
}

/** Returns text as HTML, with words between backticks as code. */
function marked(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}
