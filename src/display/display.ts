/**
 * Objects that show themselves: as HTML in a notebook, as text in a terminal or a log.
 *
 * @module
 */
import { printable } from "../base/printable.ts";
import { hasColour, isTerminal, type Paint, painted, unpainted } from "./terminal.ts";

export { isTerminal, type OutputName, pipeIf } from "./terminal.ts";

/** The appearance of an object, as text and as HTML. */
export interface Picture {
  /** Text for terminals, logs and GitHub, complete without the HTML. */
  text: string;
  /** HTML for notebooks; images are in it as `<img>` with a data URL, which untrusted notebooks show too. */
  html?: string;
  /** Markdown for pages of code hosts; default the text. */
  markdown?: string;
  /**
   * Returns the text for a terminal, with colours by `paint` and at most `columns` wide, default those of this terminal. All
   * text of others in it is `printable`: what it returns is written as it is.
   */
  terminal?: (paint: Paint, columns?: number) => string;
}

/** Returns the display functions of the notebook kernel; undefined outside a notebook, where `Deno.jupyter` throws. */
export function jupyter(): typeof Deno.jupyter | undefined {
  try {
    return typeof Deno.jupyter?.display === "function" ? Deno.jupyter : undefined;
  } catch {
    return undefined;
  }
}

/** Returns true inside a Deno Jupyter kernel. */
export function inNotebook(): boolean {
  return jupyter() !== undefined;
}

let shows: () => boolean = () => true;

/** Sets the function that tells if this process shows anything: of several processes that do the same, one does. */
export function showIf(condition: () => boolean): void {
  shows = condition;
}

/** Returns false in a process of several that do the same, unless it is the one that shows what they do. */
export function isShown(): boolean {
  return shows();
}

/** Waits until the output of a notebook cell has left: the kernel reports idle before its queue is empty. */
export function settle(milliseconds = 25): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, inNotebook() ? milliseconds : 0));
}

/** Shows a picture now, by one message to the notebook or one print. */
export async function showPicture(picture: Picture): Promise<void> {
  if (!isShown()) return;
  const kernel = jupyter();
  if (kernel) {
    await kernel.broadcast("display_data", { data: bundle(picture), metadata: {}, transient: {} });
    await settle();
  } else console.log(isTerminal("stdout") ? terminalText(picture, hasColour("stdout")) : plainText(picture));
}

/** Returns the text of a picture for a terminal: of its width, with colours where it has them. */
export function terminalText(picture: Picture, hasColours: boolean): string {
  return picture.terminal?.(hasColours ? painted : unpainted) ?? plainText(picture);
}

function plainText({ text }: Picture): string {
  return printable(text);
}

/** Returns a picture as a MIME bundle of the Jupyter protocol; front ends obey terminal escapes in plain text too. */
export function bundle(picture: Picture): Record<string, string> {
  const text = plainText(picture);
  return picture.html === undefined
    ? { "text/plain": text }
    : { "text/html": picture.html, "text/plain": text };
}

/**
 * The base class of objects that show themselves. A subclass defines `picture()`; notebooks, `console.log` and `show()`
 * use it.
 */
export abstract class Displayable {
  /** Returns the object's facts as a picture. Reads nothing and runs nothing. */
  abstract picture(): Picture;

  /** Shows the object now and waits until the notebook has it, as the last line of a cell. */
  async show(): Promise<void> {
    await showPicture(this.picture());
  }

  /** Returns the object's facts as text. */
  toString(): string {
    return plainText(this.picture());
  }

  /** Returns the output of a notebook cell whose value is the object. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return bundle(this.picture());
  }

  /** Returns the text that `console.log` prints, with colours in a terminal. */
  [Symbol.for("Deno.customInspect")](_inspect?: unknown, options?: { colors?: boolean }): string {
    const hasColours = options?.colors === true;
    const picture = this.picture();
    return hasColours || isTerminal("stdout") ? terminalText(picture, hasColours) : plainText(picture);
  }
}
