/**
 * Lines of a stream, one at a time.
 *
 * @module
 */

/** Longest line that is kept; what prints more than this without a line end is not talking to us. */
const LONGEST = 1 << 16;

/** Reads lines. */
export class LineReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  /** Takes the stream over. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next line without its end; undefined when there is none, or when it is far too long. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#reader.read();
      if (done || this.#text.length > LONGEST) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** Lets the stream go. */
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
