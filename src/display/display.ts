/**
 * Objects that show themselves: as HTML in a notebook, as text in a terminal or a log.
 *
 * @module
 */
import { printable } from "../base/printable.ts";

/** The appearance of an object, as text and as HTML. */
export interface Picture {
  /** Text for terminals, logs and GitHub, complete without the HTML. */
  text: string;
  /** HTML for notebooks; images are in it as `<img>` with a data URL, which untrusted notebooks show too. */
  html?: string;
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

/** A stream of this process that may be a terminal. */
export type OutputName = "stdout" | "stderr";

let isPiped: (stream: OutputName) => boolean = () => false;

/** Sets the function that tells if nobody sees the terminal of this process: Open MPI gives each rank one of its own. */
export function pipeIf(condition: (stream: OutputName) => boolean): void {
  isPiped = condition;
}

/** Returns true where a stream of this process is a terminal that a person sees. */
export function isTerminal(stream: OutputName): boolean {
  return Deno[stream].isTerminal() && !isPiped(stream);
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
  } else console.log(printable(picture.text));
}

/** Returns a picture as a MIME bundle of the Jupyter protocol; front ends obey terminal escapes in plain text too. */
export function bundle(picture: Picture): Record<string, string> {
  const text = printable(picture.text);
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
    return printable(this.picture().text);
  }

  /** Returns the output of a notebook cell whose value is the object. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return bundle(this.picture());
  }

  /** Returns the text that `console.log` prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return printable(this.picture().text);
  }
}
