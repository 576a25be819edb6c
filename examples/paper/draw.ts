/**
 * Draws from lists and fills sentences with words, by a seeded generator.
 *
 * @module
 */
import { Random } from "../../src/base/random.ts";

/** Words by the names of the slots that they fill. */
export type Slots = Readonly<Record<string, string | number>>;

/** A seeded source of choices. */
export class Draw {
  readonly #random: Random;

  /** Starts the choices of a seed and a purpose: other purposes draw independently. */
  constructor(seed: number, purpose: string) {
    this.#random = new Random(seed).fork(purpose);
  }

  /** Returns a whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.#random.below(high - low + 1);
  }

  /** Returns true with probability `share`. */
  chance(share: number): boolean {
    return this.#random.uniform() < share;
  }

  /** Returns one of the items. */
  one<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)];
  }

  /** Returns `count` different items in random order; all of them where there are fewer. */
  some<T>(items: readonly T[], count: number): T[] {
    return this.shuffled(items).slice(0, count);
  }

  /** Returns the items in random order. */
  shuffled<T>(items: readonly T[]): T[] {
    return this.#random.shuffle([...items]);
  }

  /** Returns one of the sentences with its slots filled: `{name}` by `slots.name`. */
  say(sentences: readonly string[], slots: Slots): string {
    return fill(this.one(sentences), slots);
  }
}

/**
 * Fills the slots of a sentence; the first letter becomes a capital.
 *
 * @throws {Error} for a slot without words
 */
export function fill(sentence: string, slots: Slots): string {
  return capital(sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (slots[name] === undefined) throw new Error(`Cannot fill "${sentence}": there is no {${name}}`);
    return String(slots[name]);
  }));
}

/** Returns the text with a capital as its first letter. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Returns a noun with its article: "a goat", "an owl". */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;
}

/** Returns words joined by commas and "and". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** Returns a sentence as a clause: without its full stop, with a small letter unless it begins with a name. */
export function asClause(sentence: string): string {
  const clause = sentence.replace(/\.$/, "");
  const isCommon =
    /^(The|A|An|In|By|Every|When|No|On|At|For|There|If|You|Boats|Visitors|Farmers|Everyone|People|Early|Without|Count)\b/;
  return isCommon.test(clause) ? clause.charAt(0).toLowerCase() + clause.slice(1) : clause;
}
