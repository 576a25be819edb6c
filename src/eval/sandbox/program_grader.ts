/**
 * A grader that runs Python programs: 1 when a program ends without an exception, else 0.
 *
 * @module
 */
import type { Grader, GraderRun } from "../tasks/grader.ts";
import { PythonSandbox } from "./python.ts";

/** Grades a text by running the Python program that `programOf` makes of it and its item. */
export function pythonGrader<Item>(
  programOf: (text: string, item: Item) => string,
): (run: GraderRun) => Grader<Item> {
  return () => {
    const sandbox = new PythonSandbox();
    return {
      name: "tests pass in a sandbox",
      grade: async (text, _, item) => Number((await sandbox.run(programOf(text, item))).passed),
      close: () => sandbox.close(),
    };
  };
}
