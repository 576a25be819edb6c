/**
 * The messages that a person types: a line, lines joined by a backslash, or lines between triple quotes.
 *
 * @module
 */

const quotes = '"""';

/** A line without its marks, and the mark that the next line continues. */
interface Line {
  text: string;
  open?: "quotes" | "backslash";
}

/**
 * Collects lines to messages. A line that ends in a backslash goes on in the next one; a line that begins with three double
 * quotes opens a message that the next three end.
 */
export class Input {
  #parts: string[] = [];
  #open: Line["open"];

  /** True in the middle of a message. */
  get isInside(): boolean {
    return this.#parts.length > 0;
  }

  /** Takes a line. Returns the message that ends with it, else undefined. */
  take(line: string): string | undefined {
    const { text, open } = this.#open === "quotes" ? quoted(line) : this.#open ? plain(line) : first(line);
    this.#parts.push(text);
    this.#open = open;
    return open ? undefined : this.end();
  }

  /** Ends the message and returns it; undefined where none has begun. */
  end(): string | undefined {
    const text = this.isInside ? this.#parts.join("\n") : undefined;
    this.#parts = [];
    this.#open = undefined;
    return text;
  }
}

function first(line: string): Line {
  return line.startsWith(quotes) ? quoted(line.slice(quotes.length)) : plain(line);
}

function quoted(line: string): Line {
  const text = line.trimEnd();
  return text.endsWith(quotes) ? { text: text.slice(0, -quotes.length) } : { text: line, open: "quotes" };
}

function plain(line: string): Line {
  return line.endsWith("\\") ? { text: line.slice(0, -1), open: "backslash" } : { text: line };
}
