/**
 * Work of a worker thread for the test that it shows nothing.
 *
 * @module
 */
import { Live } from "../../src/display/mod.ts";

/** Returns a function that counts the pictures that a display of the worker makes. */
export function picturesMade(): (items: readonly number[]) => number[] {
  return (items) => {
    let made = 0;
    new Live().update({ picture: () => ({ text: String(++made) }) });
    return items.map(() => made);
  };
}
