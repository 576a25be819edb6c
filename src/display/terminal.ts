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

/** Returns the columns of the terminal; 80 where there is none. */
export function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

/** A look of text in a terminal. */
export type Style = keyof typeof CODES;

/** A function that gives text a look, by terminal codes or not at all. It does not remove control characters. */
export type Paint = (text: string, style: Style) => string;

/** Returns text as it is. */
export const unpainted: Paint = (text) => text;

/** Returns text between the terminal codes that start and end a look. */
export const painted: Paint = (text, style) => {
  const [start, end] = CODES[style];
  return text === "" ? "" : `\x1b[${start}m${text}\x1b[${end}m`;
};

/** Returns true where a stream is a terminal and the variable `NO_COLOR` is not set. */
export function hasColour(stream: OutputName): boolean {
  return isTerminal(stream) && !Deno.noColor;
}

/** Gives text a look where the stream is a terminal and `NO_COLOR` is not set; else returns it as it is. */
export function colour(text: string, style: Style, stream: OutputName = "stdout"): string {
  return hasColour(stream) ? painted(text, style) : text;
}
