/**
 * Finds the pictures in the outputs of a notebook, and whether a PNG stands beside them.
 *
 * @module
 */
import { joined, type Notebook, type Output } from "./notebook.ts";

/** Counts the pictures of a notebook, and those that have a PNG beside them. */
export function countPictures(notebook: Notebook): { pictures: number; withPng: number } {
  const outputs = htmlOutputs(notebook);
  const withPng = outputs.filter(hasPng).length;
  return { pictures: outputs.filter(isPicture).length + withPng, withPng };
}

/** Returns the outputs that have HTML, in order. */
export function htmlOutputs(notebook: Notebook): Output[] {
  return notebook.cells.flatMap((cell) => cell.outputs ?? []).filter((output) => output.data?.["text/html"]);
}

/** Returns the HTML of an output that has it. */
export function htmlOf({ data }: Output): string {
  return joined(data!["text/html"] as string | string[]);
}

/** Returns true for HTML that says little without its styles, and has no PNG yet. */
export function isPicture(output: Output): boolean {
  return /data:image\/svg\+xml|background(-color)?:/.test(htmlOf(output)) && !hasPng(output);
}

function hasPng(output: Output): boolean {
  return htmlOf(output).includes("data:image/png;base64,");
}
