/**
 * Expansion of the authors' LaTeX macros [paper 2.1].
 *
 * Definitions are removed and uses replaced, in the order of the text, as TeX does: `\let` binds at once, groups end
 * definitions, arguments may stand behind the end of a replacement. A macro that calls itself, that would add more than
 * the length of the text, or whose value depends on more than the text is left as it is, alone. Expansion adds at most
 * the length of the text, or 4,096 characters to a shorter one unless macros stand in macros. Verbatim text and addresses
 * stay as they are.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import {
  definers,
  type Definition,
  type Macro,
  makeMacro,
  prefixes,
  readDefinition,
} from "./tex_definitions.ts";
import { TexEngine } from "./tex_engine.ts";
import { behindCommand, type Cursor, type Frame, textOf } from "./tex_reader.ts";
import type { Meaning } from "./tex_scope.ts";
import { textTests } from "./tex_conditions.ts";
import { beginsVerbatim, spansOf } from "./verbatim_spans.ts";

/** Commands that give a paper its structure; their redefinitions change its looks and are not followed. */
const structure = new Set(
  ("part chapter section subsection subsubsection paragraph subparagraph appendix begin end item label ref eqref " +
    "pageref cite citep citet caption footnote title author date maketitle bibliography bibliographystyle bibitem " +
    "newblock input include documentclass usepackage verb url href path includegraphics document enddocument par")
    .split(" "),
);

const definitions = /\\(?:newif|[gex]?def|let|(?:re|provide)?(?:new)?command)\*?\s*\{?\s*\\([a-zA-Z@]+)/g;

/** The most macros that are asked whether another one can be expanded. [ours] */
const maxNeeded = 50;

/** Removes the definitions of macros from a text and expands the macros where they are used. */
export function expandMacros(text: string, note: Note = () => {}): string {
  const expanded = new Expander(text, note).run();
  const spans = spansOf(expanded);
  let next = 0;
  return expanded.replace(/^[ \t]*\n(?:[ \t]*\n)+/gm, (blank, at: number) => {
    while (next < spans.length && spans[next].to <= at) next++;
    return spans[next]?.from <= at ? blank : "\n";
  });
}

/** Commands of TeX and LaTeX that expansion obeys. */
class Expander {
  readonly #engine: TexEngine;
  readonly #defined: ReadonlySet<string>;
  #hasUnclosedCondition = false;

  constructor(text: string, note: Note) {
    this.#defined = new Set([...text.matchAll(definitions)].map(([, name]) => name));
    this.#engine = new TexEngine(text, note);
  }

  run(): string {
    return this.#engine.run((frame, start) => this.#command(frame, start));
  }

  #command(frame: Frame, start: number): void {
    const engine = this.#engine;
    const { text, withAt } = frame.source;
    frame.at = Math.min(behindCommand(text, start, withAt ?? engine.state.withAt), frame.to);
    const name = text.slice(start + 1, frame.at);
    const meaning = engine.scope.get(name);
    if (meaning?.kind === "macro") {
      if (this.#isReady(meaning.macro)) engine.call(meaning.macro, frame, start, engine.cursor());
      else engine.count("macros with code of TeX");
    } else if (meaning?.kind === "switch") this.#setSwitch(meaning, frame, start);
    else {
      const command = meaning?.kind === "alias" ? meaning.of : name;
      if (!this.#obey(command, meaning, frame, start) && command !== name) {
        engine.rename(frame, start, command);
      }
    }
  }

  /** Obeys a command of TeX or LaTeX; false where it stays in the text. */
  #obey(command: string, meaning: Meaning | undefined, frame: Frame, start: number): boolean {
    const engine = this.#engine;
    if (definers.has(command) || prefixes.has(command) || command === "expandafter") {
      return !engine.isInner && this.#define(command, frame, start);
    }
    if (command === "fi" || command === "else") return this.#endBranch(command, frame, start);
    if (textTests.has(command)) return engine.isInMacro && this.#textTest(command, frame, start);
    if (command.startsWith("if")) return this.#condition(command, meaning, frame, start);
    switch (command) {
      case "begin":
        return this.#begin(frame, start);
      case "end":
        return this.#end(frame, start);
      case "begingroup":
      case "bgroup":
        engine.group("open", command.slice(-5));
        return false;
      case "endgroup":
      case "egroup":
        engine.group("close", command.slice(-5));
        return false;
      case "makeatletter":
      case "makeatother":
        engine.state = { ...engine.state, withAt: command === "makeatletter" };
        return false;
      case "ExplSyntaxOn": {
        // Names have other characters in this code; nothing in it is read.
        const end = frame.source.text.indexOf("\\ExplSyntaxOff", frame.at);
        frame.at = end < 0 ? frame.to : Math.min(end, frame.to);
        return false;
      }
      case "xspace":
        engine.replace(frame, start, "");
        if (needsSpace(engine.cursor())) engine.emit(" ");
        return true;
      default:
        return false;
    }
  }

  /** Returns true when all that a macro's value needs is known, through at most `maxNeeded` macros. */
  #isReady(macro: Macro, seen: Set<Macro> = new Set()): boolean {
    if (macro.needs.length === 0 || seen.has(macro)) return true;
    seen.add(macro);
    return seen.size <= maxNeeded && macro.needs.every((name) => {
      if (name === "iftrue" || name === "iffalse" || name === "iff" || textTests.has(name)) return true;
      const meaning = this.#engine.scope.get(name);
      if (meaning?.kind === "condition") return meaning.value !== undefined;
      if (meaning?.kind === "alias") return meaning.of === "iftrue" || meaning.of === "iffalse";
      return meaning?.kind === "macro" && this.#isReady(meaning.macro, seen);
    });
  }

  /** Returns true when all that a macro's value needs is known or defined somewhere in the text. */
  #mayBeReady(macro: Macro): boolean {
    return this.#isReady(macro) ||
      macro.needs.every((name) => textTests.has(name) || this.#defined.has(name));
  }

  /** Reads a definition and removes it; false where it stays, because its form is not supported. */
  #define(command: string, frame: Frame, start: number): boolean {
    const cursor = this.#engine.cursor();
    const before: string[] = [];
    let name = command;
    while (before.length < 10 && (prefixes.has(name) || name === "expandafter")) {
      before.push(name);
      cursor.skipBlanks();
      name = cursor.peek() === "\\" ? cursor.next()!.name : "";
    }
    if (!definers.has(name)) return false;
    const definition = readDefinition(name, cursor, before);
    const isVerbatim = definition?.kind === "environment" && beginsVerbatim.test(definition.macro.value.text);
    if (!definition || isVerbatim) return this.#engine.count("definitions of another form");
    // A definition whose uses stay must stay as well.
    const { macro = undefined } = "macro" in definition ? definition : {};
    const isReady = [macro, macro?.end].every((one) => !one || this.#mayBeReady(one));
    if (isReady || !cursor.isIn(frame)) this.#engine.remove(frame, start, cursor);
    else frame.at = cursor.index;
    this.#apply(definition);
    return true;
  }

  #apply(definition: Definition): void {
    const { scope } = this.#engine;
    const { name, isGlobal, kind } = definition;
    if (structure.has(name)) this.#engine.count("redefined commands of LaTeX");
    else if (kind === "macro") {
      if (definition.isProvided && scope.get(name)) return;
      const { macro } = definition;
      const text = definition.expands ? this.#expand(macro.value.text) : undefined;
      const { prefix, long, value: { withAt } } = macro;
      const made = text === undefined ? macro : makeMacro(name, text, macro.form, { prefix, long, withAt });
      scope.set(name, { kind, macro: made }, isGlobal);
    } else if (kind === "alias") {
      const known = scope.get(definition.of);
      const isNothing = !known && /^(relax|@?undefined)$/.test(definition.of);
      const primitive = { kind, of: definition.of } as const;
      scope.set(name, known ?? (isNothing || definition.of === name ? undefined : primitive), isGlobal);
    } else if (kind === "condition") {
      scope.set(name, { kind, value: false });
      for (const value of [true, false]) scope.set(name.slice(2) + value, { kind: "switch", name, value });
    } else if (definition.isNew || scope.get(`begin{${name}}`)) {
      scope.set(`begin{${name}}`, { kind, macro: definition.macro });
    } else this.#engine.count("redefined commands of LaTeX");
  }

  #expand(text: string): string {
    return this.#engine.runInner(text, (frame, start) => this.#command(frame, start));
  }

  /** Sets a switch of `\newif`; inside a condition that stays in the text its value is not known. */
  #setSwitch({ name, value }: Meaning & { kind: "switch" }, frame: Frame, start: number): void {
    const { state, scope } = this.#engine;
    let isKnown = true;
    for (let open = state.conditions; open; open = open.rest) isKnown &&= open.first === "decided";
    scope.set(name, { kind: "condition", value: isKnown ? value : undefined });
    this.#engine.remove(frame, start, this.#engine.cursor());
  }

  /** Reads a condition; a known one and the branch that it skips are removed. */
  #condition(command: string, meaning: Meaning | undefined, frame: Frame, start: number): boolean {
    const engine = this.#engine;
    const value = meaning?.kind === "condition"
      ? meaning.value
      : command === "iftrue" || command === "iffalse"
      ? command === "iftrue"
      : undefined;
    const cursor = engine.cursor();
    if (value === undefined || (!value && this.#hasUnclosedCondition)) {
      if (isCondition(command, cursor.peek())) this.#open("open");
      return false;
    }
    const stop = value ? "if" : this.#skip(cursor);
    if (stop === undefined) {
      this.#hasUnclosedCondition = true;
      return engine.count("conditions that are never closed");
    }
    this.#remove(frame, start, cursor, stop === "fi");
    if (stop !== "fi") this.#open("decided");
    return true;
  }

  #open(first: "decided" | "open"): void {
    const { state } = this.#engine;
    this.#engine.state = { ...state, conditions: { first, rest: state.conditions } };
  }

  /** Moves behind the `\else` or `\fi` that ends a skipped branch and returns it; undefined where none does. */
  #skip(cursor: Cursor): "fi" | "else" | undefined {
    let depth = 0;
    for (let token = cursor.next(true); token; token = cursor.next(true)) {
      if (token.kind !== "command") continue;
      if (isCondition(token.name, cursor.peek())) depth++;
      else if (token.name === "else" && depth === 0) return "else";
      else if (token.name === "fi" && depth-- === 0) return "fi";
    }
    return undefined;
  }

  /** Ends a branch: behind a known condition `\fi` goes, and `\else` with what it opens. */
  #endBranch(command: "fi" | "else", frame: Frame, start: number): boolean {
    const engine = this.#engine;
    const { conditions } = engine.state;
    if (!conditions) return false;
    const cursor = engine.cursor();
    const isDecided = conditions.first === "decided";
    if (command === "else" && (!isDecided || this.#hasUnclosedCondition)) return false;
    if (command === "else" && !this.#skip(cursor)) {
      this.#hasUnclosedCondition = true;
      return engine.count("conditions that are never closed");
    }
    engine.state = { ...engine.state, conditions: conditions.rest };
    if (!isDecided) return false;
    this.#remove(frame, start, cursor, true);
    return true;
  }

  /** Removes a part of a condition and the blanks behind it; at its end a blank stays where it keeps words apart. */
  #remove(frame: Frame, start: number, cursor: Cursor, isEnd: boolean): void {
    if (!isEnd || start === frame.from || /\s/.test(frame.source.text[start - 1])) cursor.skipSpaces();
    this.#engine.remove(frame, start, cursor);
  }

  /** Decides a test of texts inside a macro and goes on with its branch. */
  #textTest(command: string, frame: Frame, start: number): boolean {
    const { texts, branches, decide } = textTests.get(command)!;
    const cursor = this.#engine.cursor();
    const groups = Array.from({ length: texts + branches.length }, () => cursor.group() ?? []);
    const result = decide(groups.slice(0, texts).map(textOf));
    if (result === undefined) return false;
    const branch = branches.indexOf(result ? "T" : "F");
    this.#engine.replace(frame, start, "");
    cursor.commit();
    this.#engine.push(branch < 0 ? [] : groups[texts + branch]);
    return true;
  }

  #begin(frame: Frame, start: number): boolean {
    const engine = this.#engine;
    const cursor = engine.cursor();
    const name = nameOf(cursor);
    const meaning = engine.scope.get(`begin{${name}}`);
    const isOwn = meaning?.kind === "environment" && !engine.isInner;
    const isReady = isOwn && this.#isReady(meaning.macro) && this.#isReady(meaning.macro.end!);
    if (isOwn && !isReady) engine.count("macros with code of TeX");
    if (isReady && engine.call(meaning.macro, frame, start, cursor)) engine.group("open", name);
    else if (name !== "document" && !isReady) engine.group("open", name);
    return isReady;
  }

  #end(frame: Frame, start: number): boolean {
    const engine = this.#engine;
    const open = engine.state.environments;
    const cursor = engine.cursor();
    const name = nameOf(cursor);
    const isOwn = name === open?.first.name;
    if (isOwn) {
      const { macro, values } = open.first;
      engine.state = { ...engine.state, environments: open.rest };
      engine.call(macro.end!, frame, start, cursor, values);
    }
    engine.group("close", name);
    return isOwn;
  }
}

/** Reads the name of an environment. */
function nameOf(cursor: Cursor): string {
  return textOf(cursor.group() ?? []).trim();
}

/** Returns true for a command that `\fi` closes; packages have tests of other forms, with a group behind. */
function isCondition(name: string, next: string): boolean {
  return name.startsWith("if") && name !== "iff" && next !== "{";
}

/** Returns true where `\xspace` makes a space, by the rules of its package; blanks behind it are in the text already. */
function needsSpace(cursor: Cursor): boolean {
  const next = cursor.peek();
  if (next !== "\\") return next !== "" && !/[\s{}~.!,:;?/')\]-]/.test(next);
  return !/^(?:[ /]|footnote|footnotemark|xspace)$/.test(cursor.next()!.name);
}
