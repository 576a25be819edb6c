// The notebooks that are too long for the quick suite, each with its solutions.
import assert from "node:assert/strict";
import { nameOf, quick } from "../notebooks/course.ts";
import { runCourse } from "../notebooks/course_run.ts";
import { notebookFiles } from "../notebooks/notebook.ts";

for (const path of notebookFiles().filter((path) => !(nameOf(path) in quick))) {
  Deno.test(`${nameOf(path)} runs as shipped, and its exercises pass with their solutions`, async () => {
    assert.deepEqual((await runCourse(path)).complaints, []);
  });
}
