/**
 * Notebooks as they lie on disk (nbformat 4), and what the tests ask of them.
 *
 * @module
 */
import { join } from "node:path";
import { root } from "../repo/tree.ts";
import type { MimeBundle } from "./messages.ts";

/** Text as nbformat keeps it: whole, or as lines with their line ends. */
export type Lines = string | string[];

/** Something that a cell put out. */
export interface Output {
  /** Which of the fields below are there. */
  output_type: "stream" | "display_data" | "execute_result" | "error";
  /** Of a stream: `stdout` or `stderr`. */
  name?: string;
  /** Of a stream: what was written. */
  text?: Lines;
  /** Of a display or result. */
  data?: MimeBundle;
  /** Of a display or result. */
  metadata?: Record<string, unknown>;
  /** Of a result. */
  execution_count?: number;
  /** Of an error. */
  ename?: string;
  /** Of an error. */
  evalue?: string;
  /** Of an error. */
  traceback?: string[];
}

/** A cell. */
export interface Cell {
  /** Only `code` cells are run. */
  cell_type: "code" | "markdown" | "raw";
  /** Its text. */
  source: Lines;
  /** `tags`: `raises-exception` may fail, `no-output` has nothing to show. */
  metadata?: { tags?: string[] };
  /** Of a code cell. */
  outputs?: Output[];
  /** Of a code cell that was run. */
  execution_count?: number | null;
}

/** A notebook. */
export interface Notebook {
  /** Its cells, in order. */
  cells: Cell[];
}

/** Text in one piece. */
export function joined(text: Lines): string {
  return Array.isArray(text) ? text.join("") : text;
}

/** True for a cell with this tag. */
export function hasTag(cell: Cell, tag: string): boolean {
  return cell.metadata?.tags?.includes(tag) ?? false;
}

/** True for a cell that a kernel is asked to run. */
export function isCode(cell: Cell): boolean {
  return cell.cell_type === "code" && joined(cell.source).trim() !== "";
}

/** The notebooks of this repository, in order; none where the folder is missing. */
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

/** Writes a notebook as Jupyter does: texts as lists of lines, so that a change reads well in a diff. */
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

/** Numbers (from 1, counting every cell) of the code cells that show nothing though they are not tagged `no-output`. */
export function silentCells(notebook: Notebook): number[] {
  return notebook.cells.flatMap((cell, i) =>
    isCode(cell) && !cell.outputs?.length && !hasTag(cell, "no-output") ? [i + 1] : []
  );
}
