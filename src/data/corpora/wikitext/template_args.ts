/**
 * The arguments of a template by position and by name, without blank space at their ends.
 *
 * @module
 */
import type { TemplateArgument } from "./bracket_scanner.ts";
import { hole } from "./extension_tags.ts";

/** The arguments of one call. */
export class TemplateArgs {
  /** Arguments by position, `1=x` included; blank ones are "". */
  readonly positional: string[] = [];
  readonly #named = new Map<string, string>();

  /** Sorts the arguments of a call. */
  constructor(args: readonly TemplateArgument[]) {
    for (const { name, whole, value } of args) {
      const key = name?.trim();
      if (key === undefined || /[<>/:]/.test(key)) this.positional.push(clean(whole));
      else if (/^[1-9]\d?$/.test(key)) {
        while (this.positional.length < Number(key)) this.positional.push("");
        this.positional[Number(key) - 1] = clean(value);
      } else this.#named.set(key.toLowerCase(), clean(value));
    }
  }

  /** Returns the argument at a position, counted from 0; "" where there is none. */
  at(position: number): string {
    return this.positional[position] ?? "";
  }

  /** Returns the first argument of one of `names` that is not blank; "" where there is none. */
  named(...names: string[]): string {
    for (const name of names) {
      const value = this.#named.get(name);
      if (value) return value;
    }
    return "";
  }

  /** Returns the arguments by position that are not blank. */
  filled(from = 0): string[] {
    return this.positional.slice(from).filter(Boolean);
  }

  /** Returns the last argument by position that is not blank; "" where there is none. */
  last(): string {
    for (let i = this.positional.length - 1; i >= 0; i--) if (this.positional[i]) return this.positional[i];
    return "";
  }
}

/** Trims a text; one that holds nothing but holes is blank. */
function clean(text: string): string {
  const trimmed = text.trim();
  return trimmed[0] === hole && trimmed.replaceAll(hole, "").trim() === "" ? "" : trimmed;
}
