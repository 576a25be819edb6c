/**
 * Text of pictures for reports: a row of a table stands on one line, in a terminal and in a file.
 *
 * @module
 */
import type { Picture } from "../../src/display/mod.ts";

/** Columns that no row of a report reaches. */
const columns = 240;

/** Returns a picture as text on lines of any length. */
export function wideText(picture: Picture): string {
  return picture.terminal?.((text) => text, columns) ?? picture.text;
}
