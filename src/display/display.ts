/**
 * How objects show themselves: in a notebook as HTML, in a terminal and a log as text.
 *
 * @module
 */

/** What an object looks like. */
export interface Picture {
  /** For terminals, logs and GitHub: always present and complete on its own. */
  text: string;
  /** For notebooks; pictures stand in it as `<img>` with a data URL, which survives untrusted notebooks. */
  html?: string;
}

/** The kernel's display channel, or undefined outside a notebook (touching `Deno.jupyter` throws there). */
export function jupyter(): typeof Deno.jupyter | undefined {
  try {
    return typeof Deno.jupyter?.display === "function" ? Deno.jupyter : undefined;
  } catch {
    return undefined;
  }
}

/** True inside a Deno Jupyter kernel. */
export function inNotebook(): boolean {
  return jupyter() !== undefined;
}

/** Lets the kernel's output queue drain: it reports idle before its queue is empty. */
export function settle(milliseconds = 25): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, inNotebook() ? milliseconds : 0));
}

/** Shows a picture now: one message to the notebook, or one print. */
export async function showPicture(picture: Picture): Promise<void> {
  const kernel = jupyter();
  if (kernel) {
    await kernel.broadcast("display_data", { data: bundle(picture), metadata: {}, transient: {} });
    await settle();
  } else console.log(picture.text);
}

/** A picture as the MIME bundle of the Jupyter protocol. */
export function bundle(picture: Picture): Record<string, string> {
  return picture.html === undefined
    ? { "text/plain": picture.text }
    : { "text/html": picture.html, "text/plain": picture.text };
}

/**
 * The base of everything that shows itself. A subclass says in `picture()` what it looks like;
 * the notebook, `console.log` and `show()` follow from it.
 */
export abstract class Displayable {
  /** The object's facts as a picture. Reads nothing and runs nothing. */
  abstract picture(): Picture;

  /** Shows the object now, and settles: the last line of a notebook cell. */
  async show(): Promise<void> {
    await showPicture(this.picture());
  }

  /** The object's facts as text. */
  toString(): string {
    return this.picture().text;
  }

  /** What a notebook shows when the object is the value of a cell. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return bundle(this.picture());
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.picture().text;
  }
}
