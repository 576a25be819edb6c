/**
 * Stop strings in a stream: text that could be the beginning of one is held back until that is decided.
 *
 * @module
 */

/** A filter that passes text through until one of the stop strings appears. */
export class StopFilter {
  readonly #stops: string[];
  #heldBack = "";
  /** The stop string that was seen; nothing passes after it. */
  found?: string;

  /** Watches for `stops`. */
  constructor(stops: string | readonly string[]) {
    this.#stops = typeof stops === "string" ? [stops] : [...stops];
  }

  /** True once a stop string was seen. */
  get stopped(): boolean {
    return this.found !== undefined;
  }

  /** Takes text. Returns the part that is certainly not in a stop string. */
  push(text: string): string {
    if (this.stopped) return "";
    const pending = this.#heldBack + text;
    const found = this.#stops.map((stop) => ({ stop, at: pending.indexOf(stop) })).filter(({ at }) =>
      at >= 0
    );
    if (found.length) {
      const { stop, at } = found.reduce((a, b) => b.at < a.at ? b : a);
      this.found = stop;
      this.#heldBack = "";
      return pending.slice(0, at);
    }
    const undecided = Math.max(0, ...this.#stops.map((stop) => overlap(pending, stop)));
    this.#heldBack = pending.slice(pending.length - undecided);
    return pending.slice(0, pending.length - undecided);
  }

  /** Returns the text that was held back and did not become a stop string. */
  end(): string {
    const rest = this.#heldBack;
    this.#heldBack = "";
    return rest;
  }
}

/** Returns the length of the longest end of `text` that begins `stop`. */
function overlap(text: string, stop: string): number {
  for (let n = Math.min(text.length, stop.length - 1); n > 0; n--) {
    if (text.endsWith(stop.slice(0, n))) return n;
  }
  return 0;
}
