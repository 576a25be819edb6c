/**
 * Runs a notebook of the course as it is shipped and, after each exercise, its solution in the same kernel.
 *
 *     deno run -A tests/notebooks/course_run.ts [FILES]      by default all of notebooks/; no file is changed
 *
 * @module
 */
import { basename } from "node:path";
import { type Cell, joined, notebookFiles, silentCells } from "./notebook.ts";
import { type NotebookRun, processorTime, runNotebook } from "./run.ts";
import { exercisesOf, readSolutions } from "./solutions.ts";

/** The result of a run with solutions. */
export interface CourseRun {
  /** The run as shipped. */
  run: NotebookRun;
  /** Everything that is wrong: an error, a cell that shows nothing, a check that says the wrong thing. */
  complaints: string[];
}

/** Runs a notebook and its solutions. */
export async function runCourse(path: string): Promise<CourseRun> {
  const solutions = await readSolutions(path);
  const pairs: { exercise: Cell; solution?: Cell }[] = [];
  const run = await runNotebook(path, {
    after(cell) {
      if (!cell.metadata?.tags?.includes("exercise")) return undefined;
      const code = solutions[pairs.length]?.code;
      const solution = code === undefined
        ? undefined
        : { cell_type: "code" as const, source: code, metadata: {}, outputs: [] };
      pairs.push({ exercise: cell, solution });
      return solution;
    },
  });
  if (run.error) return { run, complaints: [run.error] };
  const silent = silentCells(run.notebook).map((number) => `cell ${number} shows nothing (tag: no-output)`);
  return { run, complaints: [...silent, ...verdictComplaints(exercisesOf(run.notebook), pairs)] };
}

function verdictComplaints(
  exercises: readonly Cell[],
  pairs: readonly { exercise: Cell; solution?: Cell }[],
): string[] {
  return exercises.flatMap((exercise, i) => {
    const { solution } = pairs[i];
    const shipped = verdictOf(exercise);
    const solved = solution ? verdictOf(solution) : "no solution";
    return [
      ...shipped.startsWith("Not yet:")
        ? []
        : [`exercise ${i + 1} as shipped says "${shipped}", not "Not yet"`],
      ...solved.startsWith("Right.")
        ? []
        : [`exercise ${i + 1} with its solution says "${solved}", not "Right"`],
    ];
  });
}

/** Returns the last text that a cell showed. */
function verdictOf({ outputs = [] }: Cell): string {
  const last = outputs.at(-1);
  return joined((last?.data?.["text/plain"] ?? last?.text ?? "") as string | string[]);
}

if (import.meta.main) {
  let failed = 0;
  for (const path of Deno.args.length ? Deno.args : notebookFiles()) {
    const { run, complaints } = await runCourse(path);
    failed += complaints.length;
    console.log(`${basename(path)}: ${complaints.length ? "FAILED" : "ok"} (${processorTime(run)})`);
    for (const complaint of complaints) console.error(complaint);
  }
  Deno.exit(failed ? 1 : 0);
}
