/**
 * The reading and writing side of macro expansion: frames of text, the output, and the budget of every macro.
 *
 * The use of a macro in the text is tried as a whole. When its expansion meets itself again or grows too much, the
 * macro at fault is disabled, everything goes back to the use, and the use is read again.
 *
 * @module
 */
import type { Note } from "../../steps/document_step.ts";
import { booleanFalse, booleanTrue, type Macro, noValue } from "./tex_definitions.ts";
import { Cursor, endsWithCommand, type Frame, isLetter, type Piece, TexText } from "./tex_reader.ts";
import { TexScope } from "./tex_scope.ts";

/** Growth that every text may have, depth of macros in macros, readings of one use, and work per character and in any case. [ours] */
const minGrowth = 4096;
const maxDepth = 64;
const maxTries = 10;
const maxWork = 8;
const minWork = 1 << 18;

/** A list whose earlier states stay valid. */
export interface List<T> {
  readonly first: T;
  readonly rest?: List<T>;
}

/** An environment whose beginning was expanded. */
export interface OpenEnvironment {
  readonly name: string;
  readonly macro: Macro;
  readonly values: readonly Piece[][];
}

/** The state of reading that a failed expansion takes back. */
export interface TexState {
  /** The open conditions: those whose test was decided, and those that stay in the text. */
  readonly conditions?: List<"decided" | "open">;
  readonly environments?: List<OpenEnvironment>;
  /** True where `@` is a letter. */
  readonly withAt: boolean;
}

/** The use of a macro in the text itself, with the state to return to. */
interface Use {
  readonly macro: Macro;
  readonly start: number;
  readonly after: number;
  readonly pieces: number;
  readonly length: number;
  readonly isBehindCommand: boolean;
  readonly mark: number;
  readonly state: TexState;
  /** Groups that the expansion has opened and closed, done when it is finished. */
  readonly groups: (() => void)[];
  /** True once a macro has stood in the value of another. */
  isNested: boolean;
  work: number;
}

/** Input and output of an engine; a text inside the text, such as the value of `\edef`, has its own. */
interface Channel {
  frames: Frame[];
  out: string[];
  length: number;
  isBehindCommand: boolean;
  use?: Use;
}

/** Reads a text from its start to its end, hands its commands to a function, and writes what they leave. */
export class TexEngine {
  readonly scope: TexScope = new TexScope();
  state: TexState = { withAt: false };
  readonly #note: Note;
  readonly #size: number;
  readonly #maxGrowth: number;
  #channel: Channel;
  #isInner = false;
  #growth = 0;
  #nestedGrowth = 0;
  #work = 0;
  #tries = 0;
  #triedAt = -1;

  constructor(text: string, note: Note) {
    this.#note = note;
    this.#size = text.length;
    this.#maxGrowth = Math.max(text.length, minGrowth);
    this.#channel = channelOf(text);
  }

  /** Reads the text; `command` is called with the frame behind a command and the index of its backslash. */
  run(command: (frame: Frame, start: number) => void): string {
    for (;;) {
      const channel = this.#channel;
      if (channel.use && channel.frames.length === 1) this.#finishUse();
      const frame = channel.frames[channel.frames.length - 1];
      if (this.#toCommand(frame)) command(frame, frame.at);
      else {
        this.#write(frame, frame.to);
        if (channel.frames.length === 1) return channel.out.join("");
        channel.frames.pop();
      }
    }
  }

  /** Reads another text in the same state and returns what is written. */
  runInner(text: string, command: (frame: Frame, start: number) => void): string {
    const { state } = this;
    const outer = this.#channel;
    this.#channel = channelOf(text);
    this.#isInner = true;
    const result = this.run(command);
    this.#isInner = false;
    this.#channel = outer;
    this.state = state;
    return result;
  }

  /** True inside the replacement of a macro. */
  get isInMacro(): boolean {
    return this.#channel.use !== undefined;
  }

  /** True inside a text that is read on its own. */
  get isInner(): boolean {
    return this.#isInner;
  }

  /** Returns a cursor behind the command that is being read. */
  cursor(): Cursor {
    return new Cursor(this.#channel.frames, this.state.withAt);
  }

  /** Counts something and returns false: the command stays as it is. */
  count(what: string): false {
    this.#note(what);
    return false;
  }

  /** Opens a group of definitions, or closes it. */
  group(what: "open" | "close", name: string): void {
    const change = () => this.scope[what](name);
    if (this.#isInner) return;
    if (this.#channel.use) this.#channel.use.groups.push(change);
    else change();
  }

  /** Moves to the next command of a frame; false when none is left. */
  #toCommand(frame: Frame): boolean {
    const { source, to } = frame;
    const { text } = source;
    const isBase = this.#channel.frames.length === 1 && !this.#isInner;
    for (;;) {
      const span = source.spanFrom(frame.at);
      const stop = Math.min(to, span?.from ?? to);
      let at = frame.at;
      for (; at < stop; at++) {
        const sign = text.charCodeAt(at);
        if (sign === 92) break;
        if (!isBase) continue;
        if (sign === 123 && isBare(this.#before(frame, at))) {
          const close = source.closing(at);
          if (close) this.scope.open(close);
        } else if (sign === 125) this.scope.close(at);
      }
      frame.at = at;
      if (at < stop) return true;
      if (!span || at >= to) return false;
      frame.at = Math.min(to, Math.max(at, span.to));
    }
  }

  /** Returns the characters before an index: those still to write, else the last ones written. */
  #before({ source, from }: Frame, at: number): string {
    const text = source.text.slice(Math.max(from, at - 100), at);
    return text.trim() ? text : this.#channel.out.at(-1)?.slice(-100) ?? "";
  }

  /** Writes a frame's text that is not written yet, up to an index. */
  #write(frame: Frame, to: number): void {
    if (to > frame.from) this.emit(frame.source.text.slice(frame.from, to));
    frame.from = to;
  }

  /** Writes a text instead of the command that starts at an index of a frame. */
  replace(frame: Frame, start: number, by: string): void {
    this.#write(frame, start);
    this.emit(by);
    frame.from = frame.at;
  }

  /** Removes a command and all up to a cursor; a line that becomes empty goes. */
  remove(frame: Frame, start: number, cursor: Cursor): void {
    this.#write(frame, start);
    cursor.commit();
    const { frames } = this.#channel;
    const base = frames[0];
    if (frames.length > 1 || this.#channel.use || !this.#isLineEmpty()) return;
    const blanks = /[ \t]*(?:\n|$)/y;
    blanks.lastIndex = base.at;
    if (blanks.test(base.source.text)) base.at = base.from = blanks.lastIndex;
  }

  /** Returns true when the line that is being written has blanks alone. */
  #isLineEmpty(): boolean {
    const { out } = this.#channel;
    for (let i = out.length - 1; i >= 0 && i > out.length - 10; i--) {
      const line = out[i].slice(out[i].lastIndexOf("\n") + 1);
      if (/[^ \t]/.test(line)) return false;
      if (line.length < out[i].length) return true;
    }
    return out.length < 10;
  }

  /** Writes a text; a blank keeps it apart from a command before it. */
  emit(text: string): void {
    if (text === "") return;
    const channel = this.#channel;
    if (channel.isBehindCommand && isLetter(text.charCodeAt(0), this.state.withAt)) {
      channel.out.push(" ");
      channel.length++;
    }
    channel.out.push(text);
    channel.length += text.length;
    channel.isBehindCommand = endsWithCommand(text);
  }

  /** Writes another command of the same meaning instead of one, within the budget. */
  rename(frame: Frame, start: number, name: string): void {
    const growth = name.length + 1 - (frame.at - start);
    if (!this.isInMacro) {
      if (growth > 0 && this.#growth + growth > this.#maxGrowth) return;
      this.#growth += growth;
    }
    this.replace(frame, start, `\\${name}`);
  }

  /**
   * Replaces the use of a macro by its value; returns false where it stays as it is. `given` are the arguments of an
   * environment's end.
   */
  call(macro: Macro, frame: Frame, start: number, cursor: Cursor, given?: readonly Piece[][]): boolean {
    const channel = this.#channel;
    if (macro.isDisabled) return this.count("macros that never end");
    if (!given && this.#isSpent(macro)) return this.count("macros over the budget");
    for (let origin = frame.origin; origin; origin = origin.parent) {
      if (origin.macro === macro) return this.#fail(macro);
    }
    if (frame.origin && frame.origin.depth >= maxDepth && channel.use) return this.#fail(channel.use.macro);
    const values = given ?? argumentsOf(macro, cursor);
    this.#addWork(macro, cursor.steps);
    if (!values) return this.count("macros without their arguments");
    const after = frame.at;
    this.#write(frame, start);
    channel.use ??= {
      macro,
      start,
      after,
      pieces: channel.out.length,
      length: channel.length,
      isBehindCommand: channel.isBehindCommand,
      mark: this.scope.mark,
      state: this.state,
      groups: [],
      isNested: false,
      work: 0,
    };
    channel.use.isNested ||= frame.origin !== undefined;
    const origin = { macro, parent: frame.origin, depth: (frame.origin?.depth ?? 0) + 1 };
    cursor.commit();
    const pieces = macro.parts.flatMap((part) =>
      typeof part === "number"
        ? values[part - 1] ?? []
        : { source: macro.value, from: part[0], to: part[1], origin }
    );
    this.push(pieces);
    this.#addWork(macro, pieces.length + 1);
    if (macro.end) {
      const first = { name: macro.name, macro, values };
      this.state = { ...this.state, environments: { first, rest: this.state.environments } };
    }
    return this.#checkUse();
  }

  /** Puts pieces in front of what is still to read. */
  push(pieces: readonly Piece[]): void {
    const { frames } = this.#channel;
    while (frames.length > 1 && frames[frames.length - 1].at >= frames[frames.length - 1].to) {
      this.#write(frames[frames.length - 1], frames[frames.length - 1].to);
      frames.pop();
    }
    for (let i = pieces.length - 1; i >= 0; i--) {
      const { source, from, to, origin } = pieces[i];
      if (from < to) frames.push({ source, at: from, from, to, origin });
    }
  }

  #addWork(macro: Macro, steps: number): void {
    macro.work += steps;
    this.#work += steps;
    if (this.#channel.use) this.#channel.use.work += steps;
  }

  /** Returns true when a macro, or all of them, have added as much as they may. */
  #isSpent(macro: Macro): boolean {
    const work = this.#size * maxWork + minWork;
    if (this.#work > work || macro.work > work / 2) return true;
    return !this.isInMacro && (this.#growth >= this.#maxGrowth || macro.growth > this.#maxGrowth / 2);
  }

  /** Gives up the use whose expansion has grown too much; returns true where it has not. */
  #checkUse(): boolean {
    const { use, length, frames } = this.#channel;
    if (!use) return true;
    const growth = length - use.length - (frames[0].from - use.start);
    // Macros in macros multiply: all their uses together add at most the length of the text, however short it is.
    const nested = use.isNested ? growth + this.#nestedGrowth : growth;
    const isTooLarge = nested > this.#size || growth > this.#maxGrowth - this.#growth;
    return isTooLarge || use.work > this.#size * 4 + minWork / 4 ? this.#fail(use.macro) : true;
  }

  /** Disables a macro and goes back to the use that needed it, which is then read again. */
  #fail(macro: Macro): false {
    macro.isDisabled = true;
    this.#note("macros that never end");
    const { use, frames, out } = this.#channel;
    if (!use) return false;
    // A macro that the expansion defines anew would be met again and again.
    this.#tries = use.start === this.#triedAt ? this.#tries + 1 : 1;
    this.#triedAt = use.start;
    if (this.#tries > maxTries) use.macro.isDisabled = true;
    frames.length = 1;
    frames[0].from = use.start;
    frames[0].at = use.macro.isDisabled ? use.after : use.start;
    out.length = use.pieces;
    this.#channel.length = use.length;
    this.#channel.isBehindCommand = use.isBehindCommand;
    this.#channel.use = undefined;
    this.scope.undo(use.mark);
    this.state = use.state;
    return false;
  }

  #finishUse(): void {
    const { use, length, frames } = this.#channel;
    if (!use || !this.#checkUse()) return;
    const growth = length - use.length - (frames[0].at - use.start);
    use.macro.growth += growth;
    this.#growth += growth;
    if (use.isNested) this.#nestedGrowth += growth;
    this.#channel.use = undefined;
    for (const change of use.groups) change();
  }
}

function channelOf(text: string): Channel {
  const frame = { source: new TexText(text), at: 0, from: 0, to: text.length };
  return { frames: [frame], out: [], length: 0, isBehindCommand: false };
}

/** Returns true where a brace behind a text opens a group of its own, and is not the argument of a command. */
function isBare(before: string): boolean {
  const text = before.trimEnd();
  if (text === "" || /[[{$&.,;:]$/.test(text)) return !/(?:^|[^\\])\\.$/.test(text);
  return !/[\])}*^_=\\]$/.test(text) && !endsWithCommand(text);
}

/** Reads the arguments of a macro's use; undefined when some are missing. */
function argumentsOf(macro: Macro, cursor: Cursor): Piece[][] | undefined {
  if (macro.prefix?.length || macro.form[0]?.kind === "until") cursor.skipBlanks();
  if (macro.prefix?.length && !cursor.takeAll(macro.prefix)) return undefined;
  const values: Piece[][] = [];
  for (const form of macro.form) {
    const value = form.kind === "required"
      ? cursor.argument()
      : form.kind === "until"
      ? cursor.until(form.delimiter, macro)
      : form.kind === "between"
      ? cursor.between(form.open, form.close) ?? pieceOf(form.missing ?? noValue)
      : pieceOf(cursor.takeBehindBlanks(form.sign) ? booleanTrue : booleanFalse);
    if (!value) return undefined;
    values.push(value);
  }
  // TeX skips blanks behind a command; authors write `\foo{}` to keep them.
  if (macro.form.length === 0 && !macro.end) cursor.takeEmptyGroup();
  return values;
}

function pieceOf(text: string): Piece[] {
  return [{ source: new TexText(text), from: 0, to: text.length }];
}
