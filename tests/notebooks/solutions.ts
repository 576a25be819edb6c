/**
 * The solutions of a notebook's exercises: `notebooks/solutions/NAME.md`, with a section and one `ts` block for each.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { fencesOf } from "../repo/pages.ts";
import { type Cell, hasTag, isCode, type Notebook } from "./notebook.ts";

/** The solution of an exercise. */
export interface Solution {
  /** Heading of its section, such as `1. The rotation`. */
  heading: string;
  /** The cell that takes the place of the exercise's cell. */
  code: string;
}

/** Returns the path of the solutions of the notebook at `path`. */
export function solutionsPath(path: string): string {
  return join(dirname(resolve(path)), "solutions", `${basename(path, ".ipynb")}.md`);
}

/** Reads the solutions of the notebook at `path`; there are none where their file is missing. */
export async function readSolutions(path: string): Promise<Solution[]> {
  try {
    return solutionsIn(await Deno.readTextFile(solutionsPath(path)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Returns the solutions in a page: a section with a numbered heading (`## 1. ...`) each.
 *
 * @throws {Error} for a section without exactly one `ts` block
 */
export function solutionsIn(page: string): Solution[] {
  return page.split(/^(?=## \d)/m).filter((part) => part.startsWith("## ")).map((section) => {
    const heading = section.slice(3, section.indexOf("\n")).trim();
    const code = fencesOf(section).filter(({ language }) => language === "ts").map(({ text }) => text);
    if (code.length !== 1) throw new Error(`"${heading}" has ${code.length} ts blocks instead of one`);
    return { heading, code: code[0] };
  });
}

/** Returns the cells in which a student writes an answer. */
export function exercisesOf(notebook: Notebook): Cell[] {
  return notebook.cells.filter((cell) => isCode(cell) && hasTag(cell, "exercise"));
}
