/**
 * The meanings of commands at a place in a LaTeX text: groups end the definitions inside them.
 *
 * @module
 */
import type { Macro } from "./tex_definitions.ts";

/** The meaning of a command that the text has defined. */
export type Meaning =
  | { readonly kind: "macro" | "environment"; readonly macro: Macro }
  | { readonly kind: "alias"; readonly of: string }
  /** A switch of `\newif`; its value is undefined where the text alone does not decide it. */
  | { readonly kind: "condition"; readonly value?: boolean }
  | { readonly kind: "switch"; readonly name: string; readonly value: boolean };

/** A change that can be taken back. */
interface Change {
  readonly name: string;
  /** Number of the change since the beginning. */
  readonly turn: number;
  readonly before?: Meaning;
}

/** Groups that may stay unclosed inside one that closes. [ours] */
const maxUnclosed = 8;

/** The meanings, with a log of changes inside groups. */
export class TexScope {
  readonly #meanings = new Map<string, Meaning>();
  readonly #changes: Change[] = [];
  readonly #globals = new Map<string, number>();
  readonly #groups: { name: string | number; mark: number }[] = [];
  #turn = 0;

  /** Returns the meaning of a command; undefined for one that the text has not defined. */
  get(name: string): Meaning | undefined {
    return this.#meanings.get(name);
  }

  /** Changes a meaning, or removes it; a global change outlives its groups. */
  set(name: string, meaning: Meaning | undefined, isGlobal = false): void {
    this.#changes.push({ name, turn: ++this.#turn, before: this.#meanings.get(name) });
    if (isGlobal) this.#globals.set(name, this.#turn);
    if (meaning) this.#meanings.set(name, meaning);
    else this.#meanings.delete(name);
  }

  /** The number of changes, to which `undo` goes back. */
  get mark(): number {
    return this.#changes.length;
  }

  /** Takes changes back; with `keepGlobal` those that are not global. */
  undo(mark: number, keepGlobal = false): void {
    while (this.#changes.length > mark) {
      const { name, turn, before } = this.#changes.pop()!;
      if (keepGlobal && (this.#globals.get(name) ?? 0) >= turn) continue;
      if (before) this.#meanings.set(name, before);
      else this.#meanings.delete(name);
    }
  }

  /** Opens a group, which its name closes: an environment's, or the index of a closing brace. */
  open(name: string | number): void {
    this.#groups.push({ name, mark: this.mark });
  }

  /** Closes a group with the groups inside it; a name that no group has near does nothing. */
  close(name: string | number): void {
    const groups = this.#groups;
    for (let i = groups.length - 1; i >= 0 && i >= groups.length - maxUnclosed; i--) {
      if (groups[i].name !== name) continue;
      this.undo(groups[i].mark, true);
      groups.length = i;
      return;
    }
  }
}
