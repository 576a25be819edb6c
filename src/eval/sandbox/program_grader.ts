/**
 * A grader that runs Python programs: 1 when a program ends without an exception, else 0.
 *
 * @module
 */
import type { Grader, GraderRun } from "../tasks/grader.ts";
import { PythonSandbox } from "./python.ts";

/** The name of the module in which the harnesses of HumanEval and MBPP run a program, by `exec` with an empty dictionary. */
const naming = "__name__ = 'builtins'";

/**
 * Grades a text by running the Python program that `programOf` makes of it and its item. Parts of a program are compiled
 * one by one, so a text cannot swallow the tests that follow it. As in the published harnesses, a program is not the main
 * module: what stands below `if __name__ == "__main__":` does not run.
 */
export function pythonGrader<Item>(
  programOf: (text: string, item: Item) => string | readonly string[],
): (run: GraderRun) => Grader<Item> {
  return () => {
    const sandbox = new PythonSandbox();
    const missing = new Map<string, number>();
    return {
      name: "tests pass in a sandbox",
      async grade(text, _, item) {
        const verdict = await sandbox.run([naming, programOf(text, item)].flat());
        const name = verdict.missing?.replace(/^_/, "");
        if (name) missing.set(name, (missing.get(name) ?? 0) + 1);
        return Number(verdict.passed);
      },
      notes: () =>
        [...missing].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
          .map(([name, n]) => `${n} need ${name}, which the sandbox does not have, and count as wrong`),
      close: () => sandbox.close(),
    };
  };
}
