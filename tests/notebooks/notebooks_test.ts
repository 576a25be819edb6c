import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { root } from "../repo/tree.ts";
import { checkNotebooks } from "./check.ts";
import { notebookFiles, readNotebook, silentCells } from "./notebook.ts";
import { countPictures } from "./pictures.ts";
import { runNotebook } from "./run.ts";

const paths = notebookFiles();

Deno.test("every notebook that the README names exists", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md")).catch(() => "");
  const named = new Set([...readme.matchAll(/notebooks\/(\w+\.ipynb)/g)].map((hit) => hit[1]));
  const missing = [...named].filter((name) => !paths.some((path) => basename(path) === name));
  assert.deepEqual(missing, []);
  if (paths.length === 0) console.log("There are no notebooks yet, so none was run.");
});

Deno.test("the cells of all notebooks type-check", async () => {
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

for (const path of paths) {
  Deno.test(`${basename(path)} runs, and every cell shows something`, async () => {
    const { notebook, error } = await runNotebook(path);
    assert.equal(error, undefined);
    assert.deepEqual(silentCells(notebook), [], "cells without output (tag: no-output)");
  });
}
