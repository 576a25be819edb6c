/**
 * Unrolls WGSL templates: their loops and macros are expanded before a kernel is compiled.
 *
 * A fast kernel keeps a tile in registers, and WGSL reaches a register only by a name that stands in the text. The text
 * of such a kernel is a template, which is WGSL with these additions:
 *
 *     {name}               the value of a constant or of an index
 *     #for e, n            the lines up to `#end`, once for each value of e and n; n changes fastest
 *     #for e: line         the rest of the line, once for each value of e
 *     #if name             the lines up to `#end`, where the constant is true; `#if !name` where it is false
 *     #macro(a, e: b{e})   the text that a macro makes of its arguments; `e: b{e}` is one argument for each value of e
 *
 * Every template has the macros `#sum`, `#max`, `#min` and `#list` (terms between commas) of any number of terms. Values
 * are filled into comments too. Lines inside `#for` and `#if` are indented in the template and not in the kernel.
 *
 * @module
 */

/** Values by name, as they stand in braces. */
type Names = Readonly<Record<string, string | number | boolean>>;

/** A function from its arguments to WGSL. A name in braces that the template does not define is passed on as it is. */
export type Macro = (...args: string[]) => string;

/** The definitions that a template is expanded with. */
export interface Definitions {
  /** Constants. */
  names: Names;
  /** For each index the values of its rounds: names that are defined inside the loop. */
  indices: Readonly<Record<string, readonly Names[]>>;
  /** Macros by name. */
  macros: Readonly<Record<string, Macro>>;
}

/** Returns 0, 1, ... n - 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** Returns the rounds of the index `name` over `values`. */
export function over(name: string, values: readonly (string | number)[]): Names[] {
  return values.map((value) => ({ [name]: value }));
}

const nested = (name: string) => (...terms: string[]) => terms.reduce((a, b) => `${name}(${a}, ${b})`);

const builtins: Definitions["macros"] = {
  sum: (...terms) => terms.join(" + "),
  list: (...terms) => terms.join(", "),
  max: nested("max"),
  min: nested("min"),
};

/**
 * Expands a template to WGSL.
 *
 * @throws {Error} for a name, an index or a macro that is not defined
 */
export function unroll(template: string, definitions: Definitions): string {
  const all = { ...definitions, macros: { ...builtins, ...definitions.macros } };
  const lines = expandLines(template.split("\n"), all.names, all);
  for (const line of lines) {
    const unknown = /\{\w+\}|#\w+/.exec(line.replace(/\/\/.*/, ""))?.[0];
    if (unknown) {
      throw new Error(`Cannot expand the template: ${unknown} is not defined, in "${line.trim()}"`);
    }
  }
  return lines.join("\n");
}

function expandLines(lines: readonly string[], names: Names, all: Definitions): string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent, code, comment = ""] = /^(\s*)(.*?)(\s*\/\/.*)?$/.exec(lines[at])!;
    const [, directive, what, line] = /^#(for|if) (!?[\w, ]+?)\s*(?::\s*(.*))?$/.exec(code) ?? [];
    if (!directive) {
      const text = expandText(code, names, all);
      const whole = `${indent}${text}${fill(comment, names)}`.replaceAll("\n", `\n${indent}`);
      if (text || !code) out.push(...whole.split("\n"));
      continue;
    }
    const end = line === undefined ? endOf(lines, at) : at;
    const body = line === undefined
      ? lines.slice(at + 1, end).map((l) => l.replace("  ", ""))
      : [indent + line];
    const rounds = directive === "if" ? [{}].filter(() => isTrue(what, names)) : roundsOf(what, all);
    for (const round of rounds) out.push(...expandLines(body, { ...names, ...round }, all));
    at = end;
  }
  return out;
}

function isTrue(condition: string, names: Names): boolean {
  const name = condition.replace("!", "");
  if (!(name in names)) throw new Error(`Cannot expand the template: ${name} is not defined`);
  return names[name] === true !== condition.startsWith("!");
}

/** Returns the line of the `#end` that closes the directive of line `start`. */
function endOf(lines: readonly string[], start: number): number {
  let depth = 0;
  for (let at = start; at < lines.length; at++) {
    if (/^\s*#(for [\w, ]+|if !?\w+)\s*(\/\/.*)?$/.test(lines[at])) depth++;
    if (/^\s*#end\b/.test(lines[at]) && --depth === 0) return at;
  }
  throw new Error(`Cannot expand the template: "${lines[start].trim()}" has no #end`);
}

/** Returns the rounds of nested loops over the indices that `list` names. */
function roundsOf(list: string, { indices }: Definitions): Names[] {
  return list.split(/,\s*/).reduce<Names[]>((rounds, index) => {
    if (!indices[index]) throw new Error(`Cannot expand the template: index ${index} is not defined`);
    return rounds.flatMap((round) => indices[index].map((inner) => ({ ...round, ...inner })));
  }, [{}]);
}

/** Puts the values of `names` in place of their braces. */
function fill(text: string, names: Names): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name) => name in names ? String(names[name]) : whole);
}

function expandText(text: string, names: Names, all: Definitions): string {
  const filled = fill(text, names);
  const call = /#(\w+)\(/.exec(filled);
  if (!call) return filled;
  const macro = all.macros[call[1]];
  if (!macro) throw new Error(`Cannot expand the template: macro ${call[1]} is not defined`);
  const { parts, end } = argumentsOf(filled, call.index + call[0].length);
  const args = parts.flatMap((part) => {
    const [, index, term] = /^(\w+):\s*(.*)$/.exec(part) ?? [];
    return index === undefined
      ? [expandText(part, names, all)]
      : roundsOf(index, all).map((round) => expandText(term, { ...names, ...round }, all));
  });
  return filled.slice(0, call.index) + macro(...args) + expandText(filled.slice(end), names, all);
}

/** Returns the arguments of a call, the first of which begins at `start`, and the place behind its parenthesis. */
function argumentsOf(text: string, start: number): { parts: string[]; end: number } {
  const parts: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < text.length; at++) {
    const c = text[at];
    if (depth === 0 && (c === "," || c === ")")) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
      if (c === ")") return { parts, end: from };
    }
    if ("([".includes(c)) depth++;
    if (")]".includes(c)) depth--;
  }
  throw new Error(`Cannot expand the template: a parenthesis is missing in "${text.trim()}"`);
}
