/**
 * A LaTeX text as TeX reads it: pieces of text one after another, with a cursor that reads groups and arguments.
 *
 * A piece is a range of a text, never a copy: a macro's replacement is pushed in front of what is still to read.
 *
 * @module
 */
import { type Span, spansOf } from "./verbatim_spans.ts";

/** A text with its matched braces and its verbatim spans, both found once. */
export class TexText {
  /** The text. */
  readonly text: string;
  /** True where `@` is a letter in the whole text, false where it is not; undefined where the text changes it. */
  readonly withAt?: boolean;
  #ends?: Int32Array;
  #spans?: Span[];
  #hint = 0;

  constructor(text: string, withAt?: boolean) {
    this.text = text;
    this.withAt = withAt;
  }

  /** Returns the index of the brace that closes the one at `at`; 0 when none does. */
  closing(at: number): number {
    return (this.#ends ??= this.#match())[at];
  }

  /** Returns the first span that ends behind `at`. */
  spanFrom(at: number): Span | undefined {
    const spans = this.#spans ??= spansOf(this.text);
    if (spans.length === 0) return undefined;
    const isNext = (i: number) =>
      (i === 0 || spans[i - 1].to <= at) && (i === spans.length || spans[i].to > at);
    if (isNext(this.#hint)) return spans[this.#hint];
    if (this.#hint < spans.length && isNext(this.#hint + 1)) return spans[++this.#hint];
    let low = 0;
    let high = spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle].to > at) high = middle;
      else low = middle + 1;
    }
    this.#hint = low;
    return spans[low];
  }

  #match(): Int32Array {
    const { text } = this;
    const ends = new Int32Array(text.length);
    const open: number[] = [];
    let span = this.spanFrom(0);
    for (let i = 0; i < text.length; i++) {
      if (span && i >= span.from) {
        i = Math.max(i, span.to);
        span = this.spanFrom(i);
        i--;
        continue;
      }
      const sign = text.charCodeAt(i);
      if (sign === 92) i++;
      else if (sign === 123) open.push(i);
      else if (sign === 125 && open.length) ends[open.pop()!] = i;
    }
    return ends;
  }
}

/** The macros whose replacement a piece of text comes from, innermost first. */
export interface Origin {
  readonly macro: object;
  readonly parent?: Origin;
  readonly depth: number;
}

/** A range of a text. */
export interface Piece {
  readonly source: TexText;
  readonly from: number;
  readonly to: number;
  readonly origin?: Origin;
}

/** A piece that is being read. */
export interface Frame {
  readonly source: TexText;
  /** Index of the next character. */
  at: number;
  /** Index of the first character that is not written yet. */
  from: number;
  readonly to: number;
  readonly origin?: Origin;
}

/** A token: a command, a character, a run of blanks, an empty line or a group. */
export interface Token {
  readonly kind: "command" | "sign" | "blank" | "paragraph" | "group" | "unclosed";
  /** Name of the command, the character; of a group its text. */
  readonly name: string;
}

/** Returns the index behind the command that starts with the backslash at `at`. */
export function behindCommand(text: string, at: number, withAt: boolean): number {
  let end = at + 1;
  while (isLetter(text.charCodeAt(end), withAt)) end++;
  return end === at + 1 ? Math.min(end + 1, text.length) : end;
}

/** Returns true for a letter of a command's name. */
export function isLetter(code: number, withAt: boolean): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (withAt && code === 64);
}

/** Returns true when a text ends with a command made of letters, so that a letter behind it would change its name. */
export function endsWithCommand(text: string): boolean {
  let start = text.length;
  while (start > 0 && isLetter(text.charCodeAt(start - 1), true)) start--;
  let slashes = start;
  while (slashes > 0 && text[slashes - 1] === "\\") slashes--;
  return start < text.length && (start - slashes) % 2 === 1;
}

/** Joins pieces; a blank keeps a command and a letter apart. */
export function textOf(pieces: readonly Piece[]): string {
  let text = "";
  for (const { source, from, to } of pieces) {
    if (from >= to) continue;
    const next = source.text.slice(from, to);
    const glues = isLetter(next.charCodeAt(0), false) && endsWithCommand(text.slice(-200));
    text += glues ? ` ${next}` : next;
  }
  return text;
}

/** A position in a stack of frames; reading moves the cursor and leaves the frames alone until `commit`. */
export class Cursor {
  readonly #frames: Frame[];
  /** True where `@` is a letter. */
  readonly withAt: boolean;
  #level: number;
  #at: number;
  /** Number of tokens read. */
  steps = 0;

  /** Starts where the topmost frame stands. `withAt` makes `@` a letter. */
  constructor(frames: Frame[], withAt: boolean) {
    this.#frames = frames;
    this.withAt = withAt;
    this.#level = frames.length - 1;
    this.#at = frames[this.#level].at;
  }

  /** Moves the frames to this position. */
  commit(): void {
    this.#frames.length = this.#level + 1;
    const top = this.#frames[this.#level];
    top.at = top.from = this.#at;
  }

  /** Returns a cursor at the same position. */
  copy(): Cursor {
    return new Cursor(this.#frames, this.withAt).moveTo(this);
  }

  /** Moves to the position of another cursor. */
  moveTo(other: Cursor): this {
    this.#level = other.#level;
    this.#at = other.#at;
    return this;
  }

  /** Returns true where the next character is in a frame. */
  isIn(frame: Frame): boolean {
    return this.#frames[this.#level] === frame;
  }

  /** The index of the next character in its text. */
  get index(): number {
    return this.#at;
  }

  /** Returns the next character; "" at the end. */
  peek(): string {
    while (this.#at >= this.#frames[this.#level].to && this.#level > 0) {
      this.#at = this.#frames[--this.#level].at;
    }
    const frame = this.#frames[this.#level];
    return this.#at < frame.to ? frame.source.text[this.#at] : "";
  }

  /** Reads a character if it comes next. */
  take(sign: string): boolean {
    if (this.peek() !== sign) return false;
    this.#at++;
    return true;
  }

  /** Reads a character, behind blanks, if it comes next. */
  takeBehindBlanks(sign: string): boolean {
    const behind = this.copy();
    behind.skipBlanks();
    if (!behind.take(sign)) return false;
    this.moveTo(behind);
    return true;
  }

  /** Reads `{}` if it comes next. */
  takeEmptyGroup(): void {
    const behind = this.copy();
    if (behind.take("{") && behind.take("}")) this.moveTo(behind);
  }

  /** Skips spaces and tabs. */
  skipSpaces(): void {
    while (this.peek() === " " || this.peek() === "\t") this.#at++;
  }

  /** Skips blanks and at most one line end; an empty line stays. */
  skipBlanks(): void {
    for (let lines = 0;;) {
      const sign = this.peek();
      if (sign === "\n" && ++lines > 1) return;
      if (sign === "" || !/\s/.test(sign)) return;
      this.#at++;
    }
  }

  /** Reads the next token, with `flat` braces as characters; undefined at the end. */
  next(flat = false): Token | undefined {
    const sign = this.peek();
    if (sign === "") return undefined;
    this.steps++;
    const frame = this.#frames[this.#level];
    const { text, withAt } = frame.source;
    if (sign === "\\") {
      const end = Math.min(behindCommand(text, this.#at, withAt ?? this.withAt), frame.to);
      const name = text.slice(this.#at + 1, end);
      this.#at = end;
      return { kind: "command", name };
    }
    if (sign === "{" && !flat) {
      const start = this.copy();
      return this.#behindGroup()
        ? { kind: "group", name: "" }
        : (this.moveTo(start), this.#at++, { kind: "unclosed", name: sign });
    }
    this.#at++;
    if (!/\s/.test(sign)) return { kind: "sign", name: sign };
    let lines = sign === "\n" ? 1 : 0;
    for (let next = this.peek(); next !== "" && /\s/.test(next); next = this.peek()) {
      if (next === "\n") lines++;
      this.#at++;
    }
    return { kind: lines > 1 ? "paragraph" : "blank", name: " " };
  }

  /** Moves behind the group whose opening brace comes next; false when it is not closed. */
  #behindGroup(): boolean {
    const { source } = this.#frames[this.#level];
    const end = source.closing(this.#at);
    if (end === 0) return false;
    for (let level = this.#level, at = this.#at; level >= 0; level--) {
      const frame = this.#frames[level];
      if (level < this.#level) at = frame.at;
      if (frame.source === source && at <= end && end < frame.to) {
        this.#level = level;
        this.#at = end + 1;
        return true;
      }
    }
    return false;
  }

  /** Returns the pieces from a position up to this one. */
  since(start: Cursor, skipFirst = 0, skipLast = 0): Piece[] {
    const pieces: Piece[] = [];
    for (let level = start.#level; level >= this.#level; level--) {
      const { source, at, to, origin } = this.#frames[level];
      const from = level === start.#level ? start.#at + skipFirst : at;
      const end = level === this.#level ? this.#at - skipLast : to;
      if (from < end) pieces.push({ source, from, to: end, origin });
    }
    return pieces;
  }

  /** Reads a group in braces, after blanks; undefined when none comes. */
  group(): Piece[] | undefined {
    const start = this.copy();
    this.skipBlanks();
    const open = this.#unread();
    if (this.peek() === "{" && this.#behindGroup()) return this.since(open, 1, 1);
    this.moveTo(start);
    return undefined;
  }

  /** Returns a cursor at the next character, past the frames that are read to their end. */
  #unread(): Cursor {
    this.peek();
    return this.copy();
  }

  /** Reads an argument: a group, a command or a character; undefined when none comes. */
  argument(): Piece[] | undefined {
    const group = this.group();
    if (group) return group;
    const before = this.copy();
    this.skipBlanks();
    const start = this.#unread();
    const token = this.next();
    if (token?.kind === "command" || (token?.kind === "sign" && token.name !== "}")) return this.since(start);
    this.moveTo(before);
    return undefined;
  }

  /**
   * Reads up to a delimiter outside braces and moves behind it; undefined when it does not come before `most` tokens,
   * or, unless `long`, before the end of the paragraph. A single group loses its braces.
   */
  until(delimiter: readonly Token[], { long = false, most = 20_000 } = {}): Piece[] | undefined {
    const start = this.#unread();
    let tokens = 0;
    let groups = 0;
    for (; tokens < most; tokens++) {
      const here = this.copy();
      const behind = this.copy();
      if (behind.#matches(delimiter)) {
        const only = tokens === 1 && groups === 1 ? 1 : 0;
        const pieces = here.since(start, only, only);
        this.moveTo(behind);
        return pieces;
      }
      const token = this.next();
      if (token?.kind === "group") groups++;
      if (!token || token.kind === "unclosed" || (token.kind === "sign" && token.name === "}")) break;
      if (token.kind === "paragraph" && !long) break;
    }
    this.moveTo(start);
    return undefined;
  }

  /** Moves behind the tokens if they come next. */
  #matches(tokens: readonly Token[]): boolean {
    return tokens.every(({ kind, name }) => {
      if (kind !== "blank" && this.peek() !== (kind === "command" ? "\\" : name)) return false;
      const token = this.next();
      return token?.kind === kind && token.name === name;
    });
  }

  /** Moves behind the tokens if they come next, else stays. */
  takeAll(tokens: readonly Token[]): boolean {
    const behind = this.copy();
    if (!behind.#matches(tokens)) return false;
    this.moveTo(behind);
    return true;
  }

  /** Reads what stands between two signs, such as brackets, after blanks; undefined when it does not come. */
  between(open: string, close: string): Piece[] | undefined {
    const start = this.copy();
    this.skipBlanks();
    if (this.take(open)) {
      const inner = this.until([{ kind: "sign", name: close }], { most: 1000 });
      if (inner) return inner;
    }
    this.moveTo(start);
    return undefined;
  }
}
