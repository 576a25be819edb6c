/**
 * JSON values with exact integers, and the values that stand one behind another in a text: concatenated or
 * pretty-printed objects, and the elements of an array.
 *
 * @module
 */

/**
 * Parses JSON. An integer that a number does not hold exactly (beyond 2^53 - 1) becomes a string of its digits; `NaN` and
 * `Infinity`, which Python writes, become null.
 *
 * @throws {SyntaxError} when the text is not JSON
 */
export function parseJson(text: string): unknown {
  try {
    return parseExactly(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return parseExactly(
      text.replace(
        /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g,
        (found) => found.startsWith('"') ? found : "null",
      ),
    );
  }
}

function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!hasLongInteger(value)) return value;
  return JSON.parse(text, (_, value: unknown, context?: { source?: string }) => {
    const source = context?.source;
    return isLongInteger(value) && source !== undefined && /^-?\d+$/.test(source) ? source : value;
  });
}

/** Returns true for an integer that stands for several ones, because a number has no more digits. */
function isLongInteger(value: unknown): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function hasLongInteger(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isLongInteger(value);
  for (const key in value) if (hasLongInteger((value as Record<string, unknown>)[key])) return true;
  return false;
}

/** The text of a value and the number of its first line. */
export interface JsonPart {
  /** The text; a broken value's text ends at the end of the input. */
  text: string;
  /** Number of the line on which it begins, from 1. */
  line: number;
}

/** Cuts a stream of text into its values, without parsing them. Memory holds one value. */
export class JsonSplitter {
  #text = "";
  /** Position up to which `#text` has been searched. */
  #at = 0;
  /** End of the last escaped character, which may lie in the text to come. */
  #escapedTo = 0;
  /** Start of the value that is open; -1 between values. */
  #start = -1;
  /** Open brackets. */
  #depth = 0;
  #isInString = false;
  #line: number;
  #startLine = 0;
  #isInArray = false;
  #hasBegun = false;

  /** Makes a splitter whose first line has the number `line`. */
  constructor(line = 1) {
    this.#line = line;
  }

  /** Number of characters of the value that is open. */
  get pending(): number {
    return this.#start < 0 ? 0 : this.#text.length;
  }

  /** Takes more text, and returns the values that end in it. */
  add(text: string): JsonPart[] {
    const kept = this.#start < 0 ? this.#text.length : this.#start;
    this.#text = this.#text.slice(kept) + text;
    this.#at -= kept;
    this.#escapedTo = 0;
    if (this.#start > 0) this.#start = 0;
    const parts: JsonPart[] = [];
    const signs = /["\\\n{}[\]]|[^\s,"\\{}[\]]+/g;
    signs.lastIndex = this.#at;
    for (let found = signs.exec(this.#text); found; found = signs.exec(this.#text)) {
      const at = found.index;
      const sign = found[0];
      if (sign === "\n") this.#line++;
      else if (this.#isInString) {
        if (sign === "\\") signs.lastIndex = this.#escapedTo = at + 2;
        else if (sign === '"') {
          this.#isInString = false;
          if (this.#depth <= 0) parts.push(this.#take(signs.lastIndex));
        }
      } else if (this.#start < 0 && sign === "[" && !this.#hasBegun) this.#isInArray = true;
      else if (this.#start < 0 && sign === "]" && this.#isInArray) this.#isInArray = false;
      else {
        if (this.#start < 0) [this.#start, this.#startLine] = [at, this.#line];
        if (sign === '"') this.#isInString = true;
        else if (sign === "{" || sign === "[") this.#depth++;
        else if (sign === "}" || sign === "]") this.#depth--;
        if (this.#depth <= 0 && !this.#isInString) parts.push(this.#take(signs.lastIndex));
      }
      this.#hasBegun = true;
    }
    this.#at = Math.max(this.#escapedTo, this.#text.length);
    return parts;
  }

  /** Returns the value that never ends, if there is one. */
  rest(): JsonPart | undefined {
    return this.#start < 0 ? undefined : this.#take(this.#text.length);
  }

  #take(end: number): JsonPart {
    const part = { text: this.#text.slice(this.#start, end), line: this.#startLine };
    [this.#start, this.#depth, this.#isInString] = [-1, 0, false];
    return part;
  }
}
