/**
 * The content of a live display at one moment, and the places that show it.
 *
 * @module
 */
import type { Picture } from "./display.ts";

/** The content of a live display at one moment. */
export interface LiveUpdate {
  /** The picture; a function is called only when the update is shown. */
  picture: Picture | (() => Picture);
  /** The same as one plain line for a pipe, default the first line of the picture's text, and all of it at the end. */
  line?: string | (() => string);
}

/** A place where a live display is shown. */
export interface Sink {
  /** The kind of the place. */
  readonly kind: "notebook" | "terminal" | "pipe";
  /**
   * Replaces the update before. `final` is true at the last call; `repeated` is true where that update is already shown.
   * Does not throw when the place is gone.
   */
  show(update: LiveUpdate, final: boolean, repeated: boolean): void;
  /** Waits until all output is sent. */
  flush(): Promise<void>;
}
