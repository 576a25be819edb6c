/**
 * Reads what a program writes to a terminal as lines of text, and keeps moments of the lines that it rewrites.
 *
 * @module
 */

/** A line of a terminal: its text at the end, and its texts before it was rewritten. */
export interface ScreenLine {
  /** The text at the end. */
  text: string;
  /** The texts that were rewritten, oldest first. */
  earlier: string[];
}

/** A control sequence of a terminal. */
// deno-lint-ignore no-control-regex
const control = /^\x1b\[([0-9;?]*)([A-Za-z])/;

/** The lines that a terminal shows. It knows the sequences that clear and move; it leaves colours out. */
export class Screen {
  readonly #lines: ScreenLine[] = [{ text: "", earlier: [] }];
  #row = 0;
  #column = 0;
  #rest = "";

  /** The lines from the first to the last. */
  get lines(): readonly ScreenLine[] {
    return this.#lines;
  }

  /** The texts of all lines at this moment. */
  get text(): string {
    return this.#lines.map(({ text }) => text).join("\n");
  }

  /** Takes what a program wrote; a sequence may be cut between two calls. */
  write(output: string): void {
    let text = this.#rest + output;
    this.#rest = "";
    while (text !== "") {
      if (text[0] === "\x1b") {
        const [sequence, numbers, kind] = control.exec(text) ?? [];
        if (sequence === undefined && text.length < 16) {
          this.#rest = text;
          return;
        }
        if (sequence) this.#obey(kind, numbers);
        text = text.slice(sequence?.length ?? 1);
      } else {
        // deno-lint-ignore no-control-regex
        const end = text.search(/[\r\n\x1b\x07\b]/);
        const plain = end < 0 ? text : text.slice(0, end);
        this.#put(plain);
        text = text.slice(plain.length);
        if (text && text[0] !== "\x1b") {
          this.#move(text[0]);
          text = text.slice(1);
        }
      }
    }
  }

  #move(character: string): void {
    if (character === "\r") this.#column = 0;
    if (character === "\b") this.#column = Math.max(0, this.#column - 1);
    if (character !== "\n") return;
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push({ text: "", earlier: [] });
  }

  #put(plain: string): void {
    if (plain === "") return;
    const line = this.#lines[this.#row];
    line.text = line.text.slice(0, this.#column).padEnd(this.#column) + plain +
      line.text.slice(this.#column + plain.length);
    this.#column += plain.length;
  }

  #obey(kind: string, numbers: string): void {
    if (kind === "G") this.#column = Math.max(0, Number(numbers || 1) - 1);
    if (kind === "A") this.#row = Math.max(0, this.#row - Number(numbers || 1));
    if (kind === "K") this.#clear(this.#row);
    if (kind === "J") {
      this.#clear(this.#row);
      this.#lines.length = this.#row + 1;
    }
  }

  #clear(row: number): void {
    const line = this.#lines[row];
    if (line.text.trim() !== "") line.earlier.push(line.text);
    line.text = "";
  }
}

/** Returns at most `most` of the texts, spread evenly, without the same text twice in a row. */
export function moments(texts: readonly string[], most: number): string[] {
  const different = texts.filter((text, i) => text !== texts[i - 1]);
  if (different.length <= most) return different;
  return Array.from({ length: most }, (_, i) => different[Math.floor((i + 0.5) * different.length / most)]);
}
