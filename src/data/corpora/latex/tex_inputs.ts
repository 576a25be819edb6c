/**
 * The files of a LaTeX project as one text: the root file, with the files that it reads in their places.
 *
 * @module
 */
import { documentOf } from "./tex_body.ts";
import { withoutComments } from "./tex_comments.ts";
import { definers, type Macro, plainDefinitions, readDefinition } from "./tex_definitions.ts";
import { Cursor, TexText, textOf } from "./tex_reader.ts";

/** The most inputs of a paper, at any depth. [ours] */
const maxInputs = 1000;

/** Settings of {@linkcode resolveInputs}. */
export interface InputOptions {
  /** Adds the authors' macros of packages in the project behind `\usepackage`; default false. */
  packages?: boolean;
  /** Called for each input that is not put in its place, with the reason. */
  onLost?: (
    reason: "lost inputs" | "circular inputs" | "inputs left out by \\includeonly",
    command: string,
  ) => void;
}

const isRoot = /^[^%\n]*\\(?:document(?:class|style)(?![a-zA-Z])|begin\s*\{document\})/m;
const begins = /^[^%\n]*\\begin\s*\{document\}/m;
const isIgnored = /^\s*%auto-ignore/;
const isPart = /^[^%\n]*\\documentclass\s*(?:\[[^\]]{0,500}\])?\s*\{(?:subfiles|standalone)\}/m;
const reads = /\\(?:input|include|subfile|(?:sub)?import\*?\s*\{[^{}\n]*\})\s*\{?\s*"?([^{}"\s%\\]+)/g;

/**
 * Returns the names of a project's main files, best first: what a `00README` calls the top level, then whole documents
 * that no other file reads, with most inputs, then the longest. Without any, the best of all TeX files is the main one.
 */
export function rootsOf(files: ReadonlyMap<string, string>): string[] {
  const all = [...files].filter(([name]) => /(?:\.(?:tex|ltx|latex)|(?:^|\/)[^./]+)$/i.test(name));
  const used = all.filter(([, text]) => !isIgnored.test(text));
  const sources = used.length ? used : all;
  const inputs = sources.map(([name, text]) =>
    [name, [...text.matchAll(reads)].map((found) => found[1])] as const
  );
  const counts = new Map(inputs.map(([name, read]) => [name, read.length]));
  const parts = new Set(
    inputs.flatMap(([name, read]) => read.map(baseOf).filter((part) => part !== baseOf(name))),
  );
  const whole = sources.filter(([, text]) => isRoot.test(text));
  const named = topLevel(files);
  const rank = ([name, text]: [string, string]) =>
    [
      named.has(name),
      !isPart.test(text),
      begins.test(text),
      !parts.has(baseOf(name)),
      counts.get(name)!,
      text.length,
    ].map(Number);
  const ranked = (whole.length ? whole : sources).map((source) => ({ name: source[0], rank: rank(source) }));
  ranked.sort((a, b) =>
    b.rank.map((value, i) => value - a.rank[i]).find((difference) => difference !== 0) ?? 0
  );
  return ranked.filter(({ rank }, i) => i === 0 || (whole.length > 0 && rank[1] && rank[2] && rank[3])).map((
    { name },
  ) => name);
}

/** Returns the name of a project's root file. */
export function rootOf(files: ReadonlyMap<string, string>): string | undefined {
  return rootsOf(files)[0];
}

function baseOf(name: string): string {
  return name.replace(/^.*\//, "").replace(/\.tex$/i, "");
}

/** Returns the paths inside the project that the commands of a text may read, from the folder of its root file. */
export function inputNames(text: string): string[] {
  const named = [
    ...[...text.matchAll(/\\(?:sub)?(?:import|includefrom|inputfrom)\*?\s*\{([^{}\n]*)\}\s*\{([^{}\n]+)\}/g)]
      .map(([, folder, file]) => `${folder}/${file}`),
    ...[...text.matchAll(reads)].map(([, file]) => file),
    ...[...text.matchAll(/\\(?:input|include|subfile)\s*(?:\{\s*"?([^{}"\n]+)|"([^"\n]+)")/g)]
      .map(([, inBraces, inQuotes]) => inBraces ?? inQuotes),
    ...[
      ...text.matchAll(/\\(?:includestandalone|InputIfFileExists|subfileinclude)[^{}]{0,100}\{([^{}\n]+)\}/g),
    ]
      .map(([, file]) => file),
    ...[...text.matchAll(/\\(?:usepackage|RequirePackage)\s*(?:\[[^\]]{0,500}\])?\s*\{([^{}]{1,500})\}/g)]
      .flatMap(([, names]) => names.split(",").map((name) => `${name.trim()}.sty`)),
  ];
  const paths = named.map((file) => pathOf("", file.trim())).filter((path) => path !== undefined);
  return [...new Set(paths)].flatMap((path) => path.endsWith(".sty") ? [path] : [`${path}.tex`, path]);
}

/** Returns the files that arXiv's `00README` names as the top level. */
function topLevel(files: ReadonlyMap<string, string>): Set<string> {
  const found = new Set<string>();
  for (const [name, text] of files) {
    if (!/(^|\/)00README(\.\w+)?$/i.test(name)) continue;
    for (const [, file] of text.matchAll(/^\s*(\S+)\s+toplevelfile\s*$/gm)) found.add(file);
    for (const [entry] of text.matchAll(/\{[^{}]*"usage"\s*:\s*"toplevel"[^{}]*\}/g)) {
      found.add(/"filename"\s*:\s*"([^"]+)"/.exec(entry)?.[1] ?? "");
    }
  }
  return found;
}

/**
 * Replaces every command that reads a file by the text of the file: `\input` in all its forms, `\include`, `\import`
 * and `\subfile` with their relatives, `\InputIfFileExists`. A file is read up to `\endinput`, a document of its own
 * without its preamble. Lost and circular inputs are removed. Paths never leave the project.
 */
export function resolveInputs(
  root: string,
  files: ReadonlyMap<string, string>,
  options: InputOptions = {},
): string {
  const splicer = new Splicer(files, root.replace(/[^/]*$/, ""), options);
  return splicer.resolve(splicer.ended(files.get(root) ?? ""), {
    folder: "",
    depth: 0,
    ancestors: [root],
    macros: [],
  });
}

/** The place of a text: the folder of the last import, and the files around it. */
interface Place {
  readonly folder: string;
  readonly depth: number;
  readonly ancestors: readonly string[];
  readonly macros: readonly Macro[];
}

const command = /\\(?:([a-zA-Z@]+)|[\s\S])/g;
const reading =
  /^(?:@{0,2}input|include|includeonly|subfile|subfileinclude|includestandalone|(?:sub)?(?:import|includefrom|inputfrom)|InputIfFileExists|usepackage|RequirePackage)$/;
/** Files of TeX's distributions, which no paper holds; their commands stay. */
const distributed =
  /^(?:amstex|amsppt|amssym|mssymb|epsf|psfig|xy|xypic|tikz|pgf|pstricks|pst-\w+|pictex|prepictex|postpictex|glyphtounicode|harvmac|lanlmac|phyzzx|texdraw|colordvi|miniltx|diagrams)(?:\.(?:tex|sty|def))?$/;
const readsInside = /\\(?:input|include|subfile|(?:sub)?import|InputIfFileExists)(?![a-zA-Z@])/;
const braced = /\s*(?:\[[^\]\n]{0,500}\]\s*)?\{\s*"?([^{}"]{1,500}?)"?\s*\}/y;
const bare = /\s*(?:"([^"\n]{1,500})"|([^\s\\{}%"]{1,500}))[ \t]?/y;
const imported = /\*?\s*\{([^{}\n]{0,500})\}\s*\{\s*([^{}\n]{1,500}?)\s*\}/y;

/** `\endinput`, and what may hold it back: groups, conditions and definitions. */
const endOrGroup =
  /\\(?:(if[a-zA-Z@]*|fi|endinput)(?![a-zA-Z@])|(?:let|newif)\s*\\[a-zA-Z@]+\s*=?\s*\\?[a-zA-Z@]*|[\s\S])|[{}]/g;

/** Puts the files of a project into the places of their commands. */
class Splicer {
  readonly #files = new Map<string, string>();
  readonly #root: string;
  readonly #options: InputOptions;
  readonly #seen = new Set<string>();
  /** Macros that are part of file names, and those that read files. */
  readonly #names = new Map<string, string>();
  readonly #readers = new Map<string, Macro>();
  #only?: Set<string>;
  #left = maxInputs;
  #room: number;

  constructor(files: ReadonlyMap<string, string>, root: string, options: InputOptions) {
    this.#root = root;
    this.#options = options;
    this.#room = 0;
    for (const [name, text] of files) {
      const path = pathOf("", name);
      if (path !== undefined) this.#files.set(path, text);
      this.#room += text.length * 2;
    }
  }

  /** Replaces the commands of a text. */
  resolve(text: string, place: Place): string {
    const source = new TexText(text);
    const out: string[] = [];
    let from = 0;
    const search = new RegExp(command);
    for (let found = search.exec(text); found; found = search.exec(text)) {
      const [, name] = found;
      const span = source.spanFrom(found.index);
      if (span && span.from <= found.index) {
        search.lastIndex = span.to;
        continue;
      }
      if (name === undefined) continue;
      if (definers.has(name)) {
        search.lastIndex = this.#behindDefinition(name, source, search.lastIndex);
        continue;
      }
      const result = this.#replacement(name, source, search.lastIndex, { ...place, depth: place.depth + 1 });
      if (!result) continue;
      const all = text.slice(found.index, result.end);
      out.push(text.slice(from, found.index), result.keep ? all : "", joined(result.text, text, result.end));
      from = search.lastIndex = result.end;
    }
    out.push(text.slice(from));
    return out.join("");
  }

  /** Returns a file's text up to `\endinput`, which ends it behind its line. */
  ended(text: string): string {
    if (!text.includes("\\endinput")) return text;
    const source = new TexText(text);
    let depth = 0;
    for (const { 0: all, 1: name, index } of text.matchAll(endOrGroup)) {
      const span = source.spanFrom(index);
      if (span && span.from <= index) continue;
      if (all === "{" || (name?.startsWith("if") && text[index + all.length] !== "{" && name !== "iff")) {
        depth++;
      } else if (all === "}" || name === "fi") depth = Math.max(0, depth - 1);
      else if (name === "endinput" && depth === 0) {
        const line = text.indexOf("\n", index);
        return text.slice(0, index) + text.slice(index + all.length, line < 0 ? undefined : line + 1);
      }
    }
    return text;
  }

  /** Reads the arguments of a command; returns its replacement, or undefined where it stays. */
  #replacement(
    name: string,
    source: TexText,
    at: number,
    place: Place,
  ): { text: string; end: number; keep?: boolean } | undefined {
    const { text } = source;
    const match = (pattern: RegExp) => {
      pattern.lastIndex = at;
      return pattern.exec(text);
    };
    const reader = this.#readers.get(name);
    if (reader) return this.#use(reader, source, at, place);
    if (!reading.test(name)) return undefined;
    if (name === "InputIfFileExists") return this.#ifExists(source, at, place);
    if (/from$|import$/.test(name)) {
      const found = match(imported);
      if (!found || found[0].includes("#")) return undefined;
      const folder = name.startsWith("sub") ? pathOf(place.folder, found[1]) : pathOf("", found[1]);
      const inner = folder === undefined ? "" : `${folder}/`.replace(/^\/$/, "");
      return { text: this.#file(name, found[2], { ...place, folder: inner }), end: at + found[0].length };
    }
    const found = match(braced) ?? (name.endsWith("input") ? match(bare) : null);
    const file = (found?.[1] ?? found?.[2])?.replace(
      /\\([a-zA-Z@]+) */g,
      (all, name) => this.#names.get(name) ?? all,
    );
    if (!found || file === undefined || file.includes("#")) return undefined;
    if (distributed.test(file) && this.#find(file, place) === undefined) return undefined;
    const end = at + found[0].length;
    if (name === "includeonly") {
      this.#only = new Set(file.split(",").map((one) => one.trim()));
      return undefined;
    }
    if (/Package|usepackage/.test(name)) return { text: this.#packages(file), end, keep: true };
    if (name === "include" && this.#only && !this.#only.has(file.trim())) {
      this.#options.onLost?.("inputs left out by \\includeonly", `\\include{${file}}`);
      return { text: "", end };
    }
    return { text: this.#file(name, file, place), end };
  }

  /** Returns the text of an input, resolved; "" when it is lost. */
  #file(name: string, file: string, place: Place): string {
    const path = this.#find(file.trim(), place);
    const shown = `\\${name}{${file}}`;
    const text = path === undefined ? undefined : this.#files.get(path);
    if (path === undefined || text === undefined) {
      if (!/\.bbl$/.test(file)) this.#options.onLost?.("lost inputs", shown);
      return "";
    }
    if (place.ancestors.includes(path)) {
      this.#options.onLost?.("circular inputs", shown);
      return "";
    }
    const ended = this.ended(text);
    this.#room -= ended.length;
    if (--this.#left < 0 || this.#room < 0) {
      this.#options.onLost?.("lost inputs", shown);
      return "";
    }
    const own = isRoot.test(ended) ? documentOf(ended) : ended;
    return this.resolve(own, { ...place, ancestors: [...place.ancestors, path] });
  }

  /** Returns the path of a file: from the folder of the import, the root, or the file that reads it. */
  #find(file: string, { folder, ancestors }: Place): string | undefined {
    const own = (ancestors.at(-1) ?? "").replace(/[^/]*$/, "");
    return [this.#root + folder, folder, this.#root, "", own].flatMap((start) => {
      const path = pathOf(start, file);
      return path === undefined ? [] : [`${path}.tex`, path];
    }).find((path) => this.#files.has(path));
  }

  /** Notes a macro that reads files, or that may be part of their names; returns the index where reading goes on. */
  #behindDefinition(command: string, source: TexText, at: number): number {
    const cursor = new Cursor([{ source, at, from: at, to: source.text.length }], true);
    const definition = readDefinition(command, cursor);
    if (definition?.kind !== "macro") return at;
    const { name, macro } = definition;
    const { text } = macro.value;
    this.#readers.delete(name);
    this.#names.delete(name);
    if (readsInside.test(text)) {
      if (macro.form.some(({ kind }) => kind !== "required") || text.length > 5000) return at;
      this.#readers.set(name, macro);
      return cursor.index;
    }
    if (macro.form.length === 0 && /^[^\\{}%#]{1,200}$/.test(text)) this.#names.set(name, text);
    return at;
  }

  /** Replaces the use of a macro that reads files. */
  #use(macro: Macro, source: TexText, at: number, place: Place): { text: string; end: number } | undefined {
    const cursor = new Cursor([{ source, at, from: at, to: source.text.length }], true);
    const values = macro.form.map(() => cursor.argument());
    if (values.includes(undefined) || place.macros.includes(macro) || --this.#left < 0) return undefined;
    const text = macro.parts.map((part) =>
      typeof part === "number" ? textOf(values[part - 1] ?? []) : macro.value.text.slice(part[0], part[1])
    ).join("");
    this.#room -= text.length;
    if (this.#room < 0) return undefined;
    return { text: this.resolve(text, { ...place, macros: [...place.macros, macro] }), end: cursor.index };
  }

  #ifExists(source: TexText, at: number, place: Place): { text: string; end: number } | undefined {
    const cursor = new Cursor([{ source, at, from: at, to: source.text.length }], true);
    const [file, yes, no] = [cursor.group(), cursor.group(), cursor.group()];
    if (!file || !yes || !no || place.depth > maxInputs) return undefined;
    const name = textOf(file).trim();
    const isThere = this.#find(name, place) !== undefined;
    const branch = this.resolve(textOf(isThere ? yes : no), place);
    return { text: isThere ? branch + this.#file("input", name, place) : branch, end: cursor.index };
  }

  /** Returns the authors' macros of the packages that the project has itself. */
  #packages(names: string): string {
    if (!this.#options.packages) return "";
    return names.split(",").map((name) => {
      const path = this.#find(`${name.trim()}.sty`, { folder: "", depth: 0, ancestors: [], macros: [] });
      if (path === undefined || this.#seen.has(path)) return "";
      this.#seen.add(path);
      const text = withoutComments(this.ended(this.#files.get(path)!));
      const needed = [
        ...text.matchAll(/\\(?:RequirePackage|usepackage)\s*(?:\[[^\]]{0,500}\])?\s*\{([^{}]{1,500})\}/g),
      ];
      const macros = [...needed.map(([, more]) => this.#packages(more)), plainDefinitions(text)];
      this.#room -= text.length;
      return this.#room < 0 ? "" : macros.filter((one) => one !== "").map((one) => `\n${one}`).join("");
    }).join("");
  }
}

/** Returns a path inside the project, without `.` and `..`; undefined for one that leaves it. */
function pathOf(folder: string, file: string): string | undefined {
  const parts: string[] = [];
  for (const part of `${folder}/${file}`.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Returns the text of a file as it stands in its line: TeX makes a blank of its last line end. */
function joined(inner: string, text: string, end: number): string {
  if (inner === "" || /\n[ \t]*\n[ \t]*$/.test(inner.slice(-1000))) return inner;
  const trimmed = inner.replace(/\n$/, "");
  const next = text[end] ?? "\n";
  if (/%/.test(trimmed.slice(trimmed.lastIndexOf("\n") + 1)) && next !== "\n") return `${trimmed}\n`;
  return trimmed + (/\s/.test(next) ? "" : " ");
}
