import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { root } from "../repo/tree.ts";
import { checkNotebooks } from "./check.ts";
import { course, nameOf, notebookPath, quick } from "./course.ts";
import { syllabus, syllabusIn } from "./syllabus.ts";
import { runCourse } from "./course_run.ts";
import { notebookFiles, readNotebook } from "./notebook.ts";
import { patternComplaints, questionsOf } from "./pattern.ts";
import { countPictures } from "./pictures.ts";
import { readSolutions } from "./solutions.ts";

const paths = notebookFiles();

Deno.test("every notebook that the README names exists", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const named = new Set([...readme.matchAll(/notebooks\/(\w+\.ipynb)/g)].map((hit) => hit[1]));
  const missing = [...named].filter((name) => !paths.some((path) => basename(path) === name));
  assert.deepEqual(missing, []);
});

const names = course.map(({ name }) => name);

Deno.test("every notebook is a part of the course", () => {
  assert.deepEqual(paths.map(nameOf).filter((name) => !names.includes(name)), []);
});

Deno.test("the syllabus has the titles, times and needs of the notebooks (tests/notebooks/syllabus.ts)", async () => {
  assert.deepEqual(await syllabusIn(), await syllabus());
});

Deno.test("the cells of all notebooks type-check, with the solutions in place of the exercises too", async () => {
  assert.equal(await checkNotebooks(paths), undefined);
});

Deno.test("notebooks keep a PNG beside every picture, in less than a megabyte each (deno task notebooks)", async () => {
  for (const path of paths) {
    const { pictures, withPng } = countPictures(await readNotebook(path));
    assert.ok(pictures > 0, `${path} has no pictures`);
    assert.equal(withPng, pictures, path);
    assert.ok((await Deno.stat(path)).size < 1e6, `${path} is too large`);
  }
});

for (const name of names) {
  Deno.test(`${name} follows the pattern of the course`, async () => {
    const path = notebookPath(name);
    const complaints = patternComplaints(
      `notebooks/${name}.ipynb`,
      await readNotebook(path),
      await readSolutions(path),
    );
    assert.deepEqual(complaints, []);
  });
}

Deno.test("no two predictions of the course have the same question, by which guesses are kept", async () => {
  const questions = (await Promise.all(paths.map(readNotebook))).flatMap(questionsOf);
  assert.deepEqual(questions.filter((question, i) => questions.indexOf(question) !== i), []);
});

Deno.test("the notebooks of the quick suite take at most 8 minutes together", () => {
  assert.deepEqual(Object.keys(quick).filter((name) => !names.includes(name)), []);
  assert.ok(Object.values(quick).reduce((sum, seconds) => sum + seconds, 0) <= 480);
});

for (const name of Object.keys(quick)) {
  Deno.test(`${name} runs as shipped, and its exercises pass with their solutions`, async () => {
    assert.deepEqual((await runCourse(notebookPath(name))).complaints, []);
  });
}
