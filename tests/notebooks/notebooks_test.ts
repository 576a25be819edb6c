import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../repo/tree.ts";
import { checkNotebooks } from "./check.ts";
import { course, nameOf, notebookPath, quick, toCome } from "./course.ts";
import { syllabus, syllabusIn } from "./syllabus.ts";
import { runCourse } from "./course_run.ts";
import { notebookFiles, readNotebook } from "./notebook.ts";
import { hasPattern, patternComplaints, questionsOf } from "./pattern.ts";
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

const waiting = toCome.length
  ? ` (waits for ${toCome.length} notebooks: see toCome in tests/notebooks/course.ts)`
  : "";
Deno.test(
  `the syllabus has the titles, times and needs of the notebooks (tests/notebooks/syllabus.ts)${waiting}`,
  {
    ignore: toCome.length > 0,
  },
  async () => {
    assert.deepEqual(await syllabusIn(), await syllabus());
  },
);

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
  const path = notebookPath(name);
  const notebook = existsSync(path) ? await readNotebook(path) : undefined;
  const excused = toCome.includes(name) && !(notebook && hasPattern(notebook));
  const reason = excused ? ` (still to come: see toCome in tests/notebooks/course.ts)` : "";
  Deno.test(`${name} follows the pattern of the course${reason}`, { ignore: excused }, async () => {
    assert.ok(notebook, `${path} is missing`);
    assert.deepEqual(patternComplaints(`notebooks/${name}.ipynb`, notebook, await readSolutions(path)), []);
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
