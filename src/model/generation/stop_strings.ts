/**
 * Stop strings in a stream: what could be the beginning of one is held back until it is known.
 *
 * @module
 */

/** Passes text through until one of the stop strings appears. */
export class StopText {
  #stops: string[];
  #held = "";
  /** True once a stop string was seen; nothing passes after it. */
  stopped = false;

  /** Watches for `stops`. */
  constructor(stops: string | readonly string[]) {
    this.#stops = typeof stops === "string" ? [stops] : [...stops];
  }

  /** Takes text and gives what is certainly not part of a stop string. */
  push(text: string): string {
    if (this.stopped) return "";
    const all = this.#held + text;
    const found = this.#stops.map((s) => all.indexOf(s)).filter((at) => at >= 0);
    if (found.length) {
      this.stopped = true;
      this.#held = "";
      return all.slice(0, Math.min(...found));
    }
    const hold = Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#held = all.slice(all.length - hold);
    return all.slice(0, all.length - hold);
  }

  /** What was held back and turned out to be text. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}

/** Length of the longest end of `text` that begins `stop`. */
function overlap(text: string, stop: string): number {
  for (let n = Math.min(text.length, stop.length - 1); n > 0; n--) {
    if (text.endsWith(stop.slice(0, n))) return n;
  }
  return 0;
}
