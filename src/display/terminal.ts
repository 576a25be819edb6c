/**
 * The terminal of this process: its streams, its width and its colours.
 *
 * @module
 */

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

/** Returns the columns of the terminal; {@linkcode PLAIN_COLUMNS} where there is none. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || PLAIN_COLUMNS;
  } catch {
    return PLAIN_COLUMNS;
  }
}

/** A look of text in a terminal. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

/** The terminal codes that start and end a look. */
const CODES: Readonly<Record<Style, readonly [start: number, end: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

/** A function that gives text a look, by terminal codes or not at all. It does not remove control characters. */
export type Paint = (text: string, style: Style) => string;

/** Returns text as it is. */
export const unpainted: Paint = (text) => text;

/** Returns text between the terminal codes that start and end a look. */
export const painted: Paint = (text, style) => {
  const [start, end] = CODES[style];
  return text === "" ? "" : `\x1b[${start}m${text}\x1b[${end}m`;
};

/** Columns of text where there is no terminal: in a pipe, a file, a notebook. */
export const PLAIN_COLUMNS = 80;

/** The width and the looks of text. */
export interface TextPage {
  /** Columns that tables and charts fit. */
  width: number;
  /** Columns at which sentences and values break; infinite where no terminal shows them, so that a search finds them whole. */
  prose: number;
  /** Gives text a look. */
  paint: Paint;
}

/** The page of text that no terminal shows: the same everywhere. */
export const plainPage: TextPage = { width: PLAIN_COLUMNS, prose: Infinity, paint: unpainted };

/** Returns the page of a terminal of `columns`. */
export function terminalPage(paint: Paint, columns: number = terminalColumns()): TextPage {
  return { width: columns, prose: columns, paint };
}

/** Returns true where a stream is a terminal and the variable `NO_COLOR` is not set. */
export function hasColour(stream: OutputName): boolean {
  return isTerminal(stream) && !Deno.noColor;
}

/** Gives text a look where the stream is a terminal and `NO_COLOR` is not set; else returns it as it is. */
export function colour(text: string, style: Style, stream: OutputName = "stdout"): string {
  return hasColour(stream) ? painted(text, style) : text;
}
