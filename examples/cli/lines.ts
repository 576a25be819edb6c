/**
 * Text in chunks to lines.
 *
 * @module
 */

/** Gives whole lines, without their ends, as they come; what follows the last end is a line too. */
export class TextLineStream extends TransformStream<string, string> {
  /** Holds the beginning of a line. */
  constructor() {
    let rest = "";
    super({
      transform(chunk, out) {
        const lines = (rest + chunk).split(/\r?\n/);
        rest = lines.pop()!;
        for (const line of lines) out.enqueue(line);
      },
      flush(out) {
        if (rest) out.enqueue(rest);
      },
    });
  }
}
