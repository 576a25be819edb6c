/**
 * Definitions of LaTeX macros, environments and switches, read from their commands.
 *
 * Supported are `\newcommand` and its relatives, `\def`, `\gdef`, `\edef`, `\xdef` with delimited arguments, `\let`,
 * `\newif`, `\newenvironment`, `\DeclareMathOperator`, `\DeclarePairedDelimiter` and the commands of xparse.
 *
 * @module
 */
import { Cursor, isLetter, TexText, textOf, type Token } from "./tex_reader.ts";

/** Form of one argument of a macro. */
export type ArgumentForm =
  | { readonly kind: "required" }
  | { readonly kind: "between"; readonly open: string; readonly close: string; readonly missing?: string }
  | { readonly kind: "sign"; readonly sign: string }
  | { readonly kind: "until"; readonly delimiter: readonly Token[] };

/** A macro or the beginning of an environment. */
export interface Macro {
  /** Its name without the backslash. */
  readonly name: string;
  /** Its arguments. */
  readonly form: readonly ArgumentForm[];
  /** Tokens between its name and its first argument. */
  readonly prefix?: readonly Token[];
  /** Allows empty lines in delimited arguments. */
  readonly long?: boolean;
  /** Replacement text. */
  readonly value: TexText;
  /** Replacement text in parts: ranges, and numbers of arguments from 1. */
  readonly parts: readonly (number | readonly [from: number, to: number])[];
  /** Commands in the value that must be known before it can replace a use. */
  readonly needs: readonly string[];
  /** Code at the end of an environment. */
  readonly end?: Macro;
  /** True once it has turned out to call itself or to be too large; its uses then stay. */
  isDisabled?: boolean;
  /** Characters that its uses have added so far, and pieces that they have pushed. */
  growth: number;
  work: number;
}

/** A definition. */
export type Definition =
  & { readonly name: string; readonly isGlobal?: boolean }
  & (
    | {
      readonly kind: "macro";
      readonly macro: Macro;
      readonly isProvided?: boolean;
      readonly expands?: boolean;
    }
    | { readonly kind: "environment"; readonly macro: Macro; readonly isNew: boolean }
    | { readonly kind: "alias"; readonly of: string }
    | { readonly kind: "condition" }
  );

/** Value of an optional argument that is missing, as xparse writes it. */
export const noValue = "-NoValue-";

/** Values of a star that is there, and of one that is not, as xparse writes them. */
export const booleanTrue = "\\BooleanTrue ";
export const booleanFalse = "\\BooleanFalse ";

/** Commands that stand before `\def` and change its scope. */
export const prefixes = new Set(["long", "global", "outer", "protected"]);

const documentCommand = /^(New|Renew|Provide|Declare)(Expandable)?DocumentCommand$/;
const simpleCommand = new Set(
  "newcommand renewcommand providecommand DeclareRobustCommand newrobustcmd renewrobustcmd providerobustcmd"
    .split(" "),
);

/** Commands that define something. */
export const definers: ReadonlySet<string> = new Set([
  ...simpleCommand,
  ..."def gdef edef xdef let newif newenvironment renewenvironment DeclareMathOperator DeclarePairedDelimiter"
    .split(" "),
  ...["New", "Renew", "Provide", "Declare"].flatMap((how) => [
    `${how}DocumentCommand`,
    `${how}ExpandableDocumentCommand`,
    `${how}DocumentEnvironment`,
  ]),
]);

/** Reads a definition behind its command and moves the cursor behind it; undefined where its form is not supported. */
export function readDefinition(
  command: string,
  cursor: Cursor,
  before: readonly string[] = [],
): Definition | undefined {
  const isGlobal = before.includes("global") || /^[gx]def$/.test(command);
  const found = simpleCommand.has(command)
    ? newCommand(cursor, command.startsWith("provide"))
    : documentCommand.test(command)
    ? documentMacro(cursor, command.startsWith("Provide"))
    : /^[gex]?def$/.test(command)
    ? def(cursor, before.includes("long"), command === "edef" || command === "xdef")
    : command === "let"
    ? alias(cursor)
    : command === "newif"
    ? condition(cursor)
    : command === "DeclareMathOperator"
    ? operator(cursor)
    : command === "DeclarePairedDelimiter"
    ? pairedDelimiter(cursor)
    : environment(cursor, command);
  return found && isGlobal ? { ...found, isGlobal } : found;
}

/** Returns the definitions of a package that authors write for themselves: all that use no internal command of LaTeX. */
export function plainDefinitions(code: string): string {
  const text = code.replace(/\\(?:ExplSyntaxOn|ProvidesExpl)[\s\S]*?(?:\\ExplSyntaxOff|$)/g, "");
  const source = new TexText(text, true);
  const found: string[] = [];
  const command = /\\(?:([a-zA-Z@]+)|[\s\S])/g;
  for (let match = command.exec(text); match; match = command.exec(text)) {
    const span = source.spanFrom(match.index);
    if (span && span.from <= match.index) {
      command.lastIndex = span.to;
      continue;
    }
    if (!definers.has(match[1])) continue;
    const at = command.lastIndex;
    const cursor = new Cursor([{ source, at, from: at, to: text.length }], true);
    if (!readDefinition(match[1], cursor)) continue;
    command.lastIndex = cursor.index;
    const definition = text.slice(match.index, cursor.index);
    if (!definition.includes("@")) found.push(definition);
  }
  return found.join("\n");
}

/** Makes a macro of its value. */
export function makeMacro(
  name: string,
  text: string,
  form: readonly ArgumentForm[] = [],
  { withAt = false, ...more }: Pick<Macro, "prefix" | "long" | "end"> & { withAt?: boolean } = {},
): Macro {
  return {
    name,
    form,
    value: new TexText(text, withAt),
    parts: partsOf(text),
    needs: needsOf(text),
    growth: 0,
    work: 0,
    ...more,
  };
}

function partsOf(text: string): Macro["parts"] {
  const parts: (number | readonly [number, number])[] = [];
  let from = 0;
  for (
    let at = text.indexOf("#");
    at >= 0 && at + 1 < text.length;
    at = text.indexOf("#", Math.max(from, at + 1))
  ) {
    const next = text[at + 1];
    if (text[at - 1] === "\\" && text[at - 2] !== "\\") continue;
    if (!/[#1-9]/.test(next)) continue;
    const isHash = next === "#";
    if (at > from || isHash) parts.push([from, isHash ? at + 1 : at]);
    if (!isHash) parts.push(Number(next));
    from = at + 2;
  }
  if (from < text.length) parts.push([from, text.length]);
  return parts;
}

/** Commands whose effect depends on more than the text, beside conditions and names with `@`. */
const stateful = new Set(
  "futurelet catcode expandafter afterassignment aftergroup csname endcsname read".split(" "),
);

function needsOf(text: string): string[] {
  const names = text.match(/\\[a-zA-Z@]+/g) ?? [];
  return [
    ...new Set(
      names.map((name) => name.slice(1)).filter((name) =>
        (name.includes("@") && name !== "@") || name.startsWith("if") || stateful.has(name) ||
        name.startsWith("If")
      ),
    ),
  ];
}

/** Reads a command's name, in braces, bare or between `\csname` and `\endcsname`. */
function nameOf(cursor: Cursor): string | undefined {
  cursor.skipBlanks();
  if (cursor.peek() === "{") {
    const inner = textOf(cursor.group() ?? []).trim();
    return /^\\(?:[a-zA-Z@]+|[\s\S])$/.test(inner) ? inner.slice(1) : undefined;
  }
  if (cursor.peek() !== "\\") return undefined;
  const name = cursor.next()?.name;
  if (name !== "csname") return name || undefined;
  const inner = cursor.until([{ kind: "command", name: "endcsname" }], { most: 100 });
  const text = inner && textOf(inner).trim();
  return text && /^[^\\{}#\s]+$/.test(text) ? text : undefined;
}

/** Reads `[n][default]` and returns the form of the arguments; undefined when `n` is no number. */
function countedForm(cursor: Cursor): ArgumentForm[] | undefined {
  const counted = cursor.between("[", "]");
  const count = counted ? Number(textOf(counted)) : 0;
  if (!(Number.isInteger(count) && count >= 0 && count <= 9)) return undefined;
  const first = count > 0 ? cursor.between("[", "]") : undefined;
  const form = Array.from({ length: count }, (): ArgumentForm => ({ kind: "required" }));
  if (first) form[0] = { kind: "between", open: "[", close: "]", missing: textOf(first) };
  return form;
}

/** Reads the replacement of a macro whose name and arguments are known. */
function macroNamed(
  name: string,
  form: ArgumentForm[],
  cursor: Cursor,
  isProvided: boolean,
): Definition | undefined {
  const value = cursor.argument();
  if (!value) return undefined;
  const macro = makeMacro(name, textOf(value), form, { withAt: cursor.withAt });
  return { kind: "macro", name, macro, isProvided };
}

function newCommand(cursor: Cursor, isProvided: boolean): Definition | undefined {
  cursor.take("*");
  const name = nameOf(cursor);
  const form = name === undefined ? undefined : countedForm(cursor);
  return name === undefined || !form ? undefined : macroNamed(name, form, cursor, isProvided);
}

function def(cursor: Cursor, long: boolean, expands: boolean): Definition | undefined {
  const name = nameOf(cursor);
  if (name === undefined) return undefined;
  if (isLetter(name.charCodeAt(0), true)) cursor.skipBlanks();
  const prefix: Token[] = [];
  const form: ArgumentForm[] = [];
  let delimiter = prefix;
  const finish = () => {
    if (form.length) {
      form[form.length - 1] = delimiter.length ? { kind: "until", delimiter } : { kind: "required" };
    }
  };
  for (let tokens = 0; tokens < 100; tokens++) {
    if (cursor.peek() === "{") {
      finish();
      const value = cursor.group();
      if (!value) return undefined;
      return {
        kind: "macro",
        name,
        macro: makeMacro(name, textOf(value), form, { prefix, long, withAt: cursor.withAt }),
        expands,
      };
    }
    const token = cursor.next();
    if (!token || token.kind === "paragraph" || token.name === "}") return undefined;
    if (token.name !== "#") {
      delimiter.push(token);
      continue;
    }
    finish();
    if (cursor.peek() !== String(form.length + 1)) return undefined;
    cursor.next();
    form.push({ kind: "required" });
    delimiter = [];
  }
  return undefined;
}

function alias(cursor: Cursor): Definition | undefined {
  const name = nameOf(cursor);
  if (name === undefined) return undefined;
  cursor.skipBlanks();
  if (cursor.take("=") && cursor.peek() === " ") cursor.next();
  const token = cursor.next();
  if (token?.kind === "command") return { kind: "alias", name, of: token.name };
  return token?.kind === "sign" ? { kind: "macro", name, macro: makeMacro(name, token.name) } : undefined;
}

function condition(cursor: Cursor): Definition | undefined {
  const name = nameOf(cursor);
  return name?.startsWith("if") ? { kind: "condition", name } : undefined;
}

function operator(cursor: Cursor): Definition | undefined {
  const star = cursor.take("*") ? "*" : "";
  const name = nameOf(cursor);
  const value = name === undefined ? undefined : cursor.argument();
  if (name === undefined || !value) return undefined;
  return { kind: "macro", name, macro: makeMacro(name, `\\operatorname${star}{${textOf(value)}}`) };
}

function pairedDelimiter(cursor: Cursor): Definition | undefined {
  const name = nameOf(cursor);
  const left = name === undefined ? undefined : cursor.argument();
  const right = left && cursor.argument();
  if (name === undefined || !left || !right) return undefined;
  const [open, close] = [textOf(left), textOf(right)];
  const value = `\\IfBooleanTF{#1}{\\left${open} #3 \\right${close}}` +
    `{\\IfNoValueTF{#2}{${open} #3 ${close}}{#2${open} #3 #2${close}}}`;
  return { kind: "macro", name, macro: makeMacro(name, value, documentForm("s o m")) };
}

function documentMacro(cursor: Cursor, isProvided: boolean): Definition | undefined {
  const name = nameOf(cursor);
  const spec = name === undefined ? undefined : cursor.group();
  const form = spec && documentForm(textOf(spec));
  return name === undefined || !form ? undefined : macroNamed(name, form, cursor, isProvided);
}

/** Returns the arguments of an xparse specification; undefined where one of them is not supported. */
export function documentForm(spec: string): ArgumentForm[] | undefined {
  const form: ArgumentForm[] = [];
  const group = String.raw`\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\S))`;
  const one = new RegExp(
    String.raw`\s*[+!]*(?:([mos])|(O)${group}|t(\S)|([dr])(\S)(\S)|([DR])(\S)(\S)${group})\s*`,
    "y",
  );
  while (one.lastIndex < spec.length) {
    const at = one.lastIndex;
    const found = one.exec(spec);
    if (!found) return spec.slice(at).trim() === "" ? form : undefined;
    const [, simple, square, braced, single, sign, , open, close, , open2, close2, braced2, single2] = found;
    if (simple === "m") form.push({ kind: "required" });
    else if (simple === "s" || sign) form.push({ kind: "sign", sign: sign ?? "*" });
    else if (simple === "o") form.push({ kind: "between", open: "[", close: "]" });
    else if (square) form.push({ kind: "between", open: "[", close: "]", missing: braced ?? single });
    else {form.push({
        kind: "between",
        open: open ?? open2,
        close: close ?? close2,
        missing: braced2 ?? single2,
      });}
  }
  return form.length <= 9 ? form : undefined;
}

function environment(cursor: Cursor, command: string): Definition | undefined {
  cursor.take("*");
  const name = textOf(cursor.group() ?? []).trim();
  const isDocument = command.endsWith("DocumentEnvironment");
  const spec = isDocument ? cursor.group() : undefined;
  const form = !isDocument ? countedForm(cursor) : spec && documentForm(textOf(spec));
  const begin = form && cursor.group();
  const end = begin && cursor.group();
  if (!name || !begin || !end) return undefined;
  const { withAt } = cursor;
  const macro = makeMacro(name, textOf(begin), form, {
    end: makeMacro(name, textOf(end), [], { withAt }),
    withAt,
  });
  return { kind: "environment", name, macro, isNew: !/^re/i.test(command) };
}
