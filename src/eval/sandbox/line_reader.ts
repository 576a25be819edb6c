/**
 * Reads the lines of a byte stream, one at a time.
 *
 * @module
 */

/** Largest number of characters without a line end; a process that writes more is not answering. */
const MAX_LINE = 1 << 16;

/** Reads the lines of a byte stream. */
export class LineReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";

  /** Locks the stream. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Returns the next line without its end; undefined at the end of the stream or when the line is far too long. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { value, done } = await this.#reader.read();
      if (done || this.#text.length > MAX_LINE) return undefined;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** Cancels the stream. */
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
