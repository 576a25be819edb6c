/**
 * The units that exact deduplication compares: a text, its paragraphs or its lines.
 *
 * @module
 */
import { comparable } from "../text/normalize.ts";
import type { HashText } from "./hash.ts";

/** The kind of units, and the form in which they are compared. */
export interface UnitOptions {
  /** Unit of comparison. */
  by: "document" | "line" | "paragraph";
  /** Normal form of a unit. */
  normalize: "exact" | "ccnet";
}

/** The separator between units, which is kept between those that stay. */
const separators = { document: undefined, line: /(\n)/, paragraph: /(\n[^\S\n]*\n\s*)/ };

/** The units of texts and their hashes. */
export class TextUnits {
  readonly #separator: RegExp | undefined;
  readonly #normal: boolean;
  readonly #hash: HashText;

  /** Makes the units of one kind in one normal form. */
  constructor({ by, normalize }: UnitOptions, hash: HashText) {
    this.#separator = separators[by];
    this.#normal = normalize === "ccnet";
    this.#hash = hash;
  }

  /** Calls `use` with the hash of each unit of a text. */
  each(text: string, use: (low: number, high: number) => void): void {
    for (const unit of this.#separator ? text.split(this.#separator).filter((_, i) => i % 2 === 0) : [text]) {
      if (!this.#isSkipped(unit)) this.#hashUnit(unit, use);
    }
  }

  /** Returns the text without its repeated units, each removed with the separator before it. */
  without(text: string, isRepeated: (low: number, high: number) => boolean): string {
    if (!this.#separator) return this.#hashUnit(text, isRepeated) ? "" : text;
    const parts = text.split(this.#separator);
    const kept: string[] = [];
    let whole = true;
    for (let i = 0; i < parts.length; i += 2) {
      if (!this.#isSkipped(parts[i]) && this.#hashUnit(parts[i], isRepeated)) whole = false;
      else {
        if (kept.length) kept.push(parts[i - 1]);
        kept.push(parts[i]);
      }
    }
    return whole ? text : kept.join("");
  }

  #hashUnit<R>(unit: string, use: (low: number, high: number) => R): R {
    const { low, high } = this.#hash(this.#normal ? comparable(unit) : unit);
    return use(low, high);
  }

  /** Returns true for blank units, which are not compared unless CCNet's form is used. */
  #isSkipped(unit: string): boolean {
    return !this.#normal && unit.trim() === "";
  }
}
