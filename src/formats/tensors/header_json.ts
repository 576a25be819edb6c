/**
 * Strict JSON parser for safetensors headers from untrusted files.
 *
 * `JSON.parse` silently keeps the last of two equal keys, gives no byte offsets and accepts every kind of value. A
 * header has only objects, arrays, strings and non-negative integers, so this parser accepts only those.
 *
 * @module
 */
import { FormatError } from "../../base/errors.ts";
import { show } from "../../base/schema.ts";

/** A JSON value and its first byte, from the start of the file. */
export type Node =
  & { readonly at: number }
  & (
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "integer"; readonly value: number }
    | { readonly kind: "array"; readonly value: readonly Node[] }
    | { readonly kind: "object"; readonly value: ReadonlyMap<string, Node> }
  );

/** The deepest nesting of a header: an array in an object in an object. */
const MAX_DEPTH = 3;
/** The most items of an array, far more than any tensor has dimensions. */
const MAX_ITEMS = 64;
const CODE = { quote: 34, comma: 44, colon: 58, backslash: 92 };
/** Keys that would change the prototype of an object that they are assigned to. */
const UNSAFE = new Set(["__proto__", "constructor", "prototype"]);

/** A parser of one JSON value, followed by nothing but white space. */
export class HeaderJson {
  #at = 0;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /** Takes the `bytes` that stand at byte `start` of `file`; nodes and errors give offsets in the file. */
  constructor(readonly file: string, readonly bytes: Uint8Array, readonly start: number) {}

  /**
   * Parses the value.
   *
   * @throws {FormatError} with the byte offset of the first thing that a header may not hold
   */
  parse(): Node {
    const node = this.#value(0);
    this.#space();
    if (this.#at < this.bytes.length) this.fail(this.start + this.#at, "only spaces after the header's JSON");
    return node;
  }

  /** Throws a {@linkcode FormatError} that names byte `offset` of the file. */
  fail(offset: number, expected: string, found = this.#found(offset - this.start)): never {
    throw new FormatError(`Cannot read the header: expected ${expected}, found ${found}`, {
      file: this.file,
      offset,
      expected,
    });
  }

  #found(i: number): string {
    if (i >= this.bytes.length) return "the end of the header";
    const c = this.bytes[i];
    return c > 32 && c < 127 ? `"${String.fromCharCode(c)}"` : `byte 0x${c.toString(16).padStart(2, "0")}`;
  }

  #space(): void {
    while ([32, 9, 10, 13].includes(this.bytes[this.#at])) this.#at++;
  }

  #value(depth: number): Node {
    this.#space();
    const at = this.start + this.#at;
    const c = this.bytes[this.#at];
    if (c === CODE.quote) return { at, kind: "string", value: this.#string() };
    if (c >= 48 && c <= 57) return { at, kind: "integer", value: this.#integer() };
    if (c !== 91 && c !== 123) this.fail(at, "an object, an array, a string or a non-negative integer");
    if (depth >= MAX_DEPTH) this.fail(at, "no deeper nesting");
    return c === 91
      ? { at, kind: "array", value: this.#array(depth) }
      : { at, kind: "object", value: this.#object(depth) };
  }

  #integer(): number {
    const from = this.#at;
    while (this.bytes[this.#at] >= 48 && this.bytes[this.#at] <= 57) this.#at++;
    const digits = this.#at - from;
    const value = digits > 16 ? NaN : Number(this.#text(from, this.#at));
    if (!Number.isSafeInteger(value)) {
      this.fail(this.start + from, "an integer below 2^53", `one of ${digits} digits`);
    }
    if (digits > 1 && this.bytes[from] === 48) {
      this.fail(this.start + from, "an integer without leading zeros");
    }
    return value;
  }

  #string(): string {
    const from = this.#at++;
    for (; this.bytes[this.#at] !== CODE.quote; this.#at++) {
      if (this.#at >= this.bytes.length) this.fail(this.start + this.bytes.length, 'a closing "');
      if (this.bytes[this.#at] === CODE.backslash) this.#at++;
    }
    this.#at++;
    const text = this.#text(from, this.#at);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // The check below reports it with its offset.
    }
    if (typeof value !== "string" || !value.isWellFormed()) {
      this.fail(this.start + from, "a JSON string", show(text));
    }
    return value;
  }

  #text(from: number, to: number): string {
    try {
      return this.#utf8.decode(this.bytes.subarray(from, to));
    } catch {
      this.fail(this.start + from, "UTF-8", "other bytes");
    }
  }

  #array(depth: number): Node[] {
    const items: Node[] = [];
    this.#list(93, () => {
      if (items.length === MAX_ITEMS) {
        this.fail(this.start + this.#at, `at most ${MAX_ITEMS} integers in an array`);
      }
      items.push(this.#value(depth + 1));
    });
    return items;
  }

  #object(depth: number): Map<string, Node> {
    const members = new Map<string, Node>();
    this.#list(125, () => {
      const at = this.start + this.#at;
      if (this.bytes[this.#at] !== CODE.quote) this.fail(at, "a name in quotes");
      const key = this.#string();
      if (members.has(key)) this.fail(at, "each name once", `${show(key)} again`);
      if (UNSAFE.has(key)) this.fail(at, "a name that is safe as a key", show(key));
      this.#space();
      if (this.bytes[this.#at++] !== CODE.colon) this.fail(this.start + this.#at - 1, '":"');
      members.set(key, this.#value(depth + 1));
    });
    return members;
  }

  /** Reads an opening bracket, items with commas between them, and the code `close`. */
  #list(close: number, item: () => void): void {
    this.#at++;
    this.#space();
    if (this.bytes[this.#at] === close) return void this.#at++;
    for (;;) {
      this.#space();
      item();
      this.#space();
      const c = this.bytes[this.#at++];
      if (c === close) return;
      if (c !== CODE.comma) this.fail(this.start + this.#at - 1, `"," or "${String.fromCharCode(close)}"`);
    }
  }
}
