/**
 * Reads, writes and inspects notebook files (nbformat 4).
 *
 * @module
 */
import { join } from "node:path";
import { root } from "../repo/tree.ts";
import type { MimeBundle } from "./messages.ts";

/** Text in nbformat: one string, or lines with their line ends. */
type Lines = string | string[];

/** An output of a cell. */
export interface Output {
  /** Kind of the output; it decides which of the fields below are set. */
  output_type: "stream" | "display_data" | "execute_result" | "error";
  /** Name of a stream: `stdout` or `stderr`. */
  name?: string;
  /** Text of a stream. */
  text?: Lines;
  /** Content of a display or result. */
  data?: MimeBundle;
  /** Hints of a display or result. */
  metadata?: Record<string, unknown>;
  /** Number of the execution that gave a result. */
  execution_count?: number;
  /** Class of an error. */
  ename?: string;
  /** Message of an error. */
  evalue?: string;
  /** Lines of an error. */
  traceback?: string[];
}

/** A cell. */
export interface Cell {
  /** Kind of the cell; only `code` cells are run. */
  cell_type: "code" | "markdown" | "raw";
  /** Text of the cell. */
  source: Lines;
  /** Tags: `raises-exception` allows an error, `no-output` a cell without output; `exercise` awaits a student's answer. */
  metadata?: { tags?: string[] };
  /** Outputs of a code cell. */
  outputs?: Output[];
  /** Number of the last execution of a code cell. */
  execution_count?: number | null;
}

/** A notebook. */
export interface Notebook {
  /** Cells in order. */
  cells: Cell[];
}

/** Returns text as one string. */
export function joined(text: Lines): string {
  return Array.isArray(text) ? text.join("") : text;
}

/** Returns true for a cell with this tag. */
export function hasTag(cell: Cell, tag: string): boolean {
  return cell.metadata?.tags?.includes(tag) ?? false;
}

/** Returns true for a cell with code to run. */
export function isCode(cell: Cell): boolean {
  return cell.cell_type === "code" && joined(cell.source).trim() !== "";
}

/** Returns the paths of this repository's notebooks, sorted. */
export function notebookFiles(): string[] {
  const folder = join(root, "notebooks");
  try {
    const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
    return names.filter((name) => name.endsWith(".ipynb")).sort().map((name) => join(folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Reads a notebook. */
export async function readNotebook(path: string): Promise<Notebook> {
  return JSON.parse(await Deno.readTextFile(path));
}

/** Writes a notebook as Jupyter does, with texts as lists of lines, which makes diffs readable. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: lines(cell.source),
    ...cell.outputs ? { outputs: cell.outputs.map(outputLines) } : {},
  }));
  await Deno.writeTextFile(path, JSON.stringify({ ...notebook, cells }, null, 1) + "\n");
}

function outputLines(output: Output): Output {
  if (output.text !== undefined) return { ...output, text: lines(output.text) };
  if (output.data === undefined) return output;
  const data = Object.entries(output.data).map((
    [type, value],
  ) => [type, typeof value === "string" ? lines(value) : value]);
  return { ...output, data: Object.fromEntries(data) };
}

function lines(text: Lines): string[] {
  return joined(text).match(/[^\n]*\n|[^\n]+/g) ?? [];
}

/** Returns the numbers, from 1 over all cells, of code cells without output that are not tagged `no-output`. */
export function silentCells(notebook: Notebook): number[] {
  return notebook.cells.flatMap((cell, i) =>
    isCode(cell) && !cell.outputs?.length && !hasTag(cell, "no-output") ? [i + 1] : []
  );
}
