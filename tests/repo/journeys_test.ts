// The two journeys of docs/architecture.md: numbered lists of files, each linked to the next by an import.
import assert from "node:assert/strict";
import { dirname, join } from "node:path/posix";
import { importsOf } from "./imports.ts";
import { readTree, root } from "./tree.ts";

const page = await Deno.readTextFile(`${root}/docs/architecture.md`);
const sources = new Map(
  readTree("src", (path) => path.endsWith(".ts")).map(({ path, text }) => [path, text]),
);

/** The files of a journey, in order. */
function journey(name: string): string[] {
  const list = page.split(`<!-- journey: ${name} -->`)[1]?.split("<!-- /journey -->")[0] ?? "";
  return [...list.matchAll(/^\d+\. \[`([^`]+)`\]/gm)].map((hit) => hit[1]);
}

function imports(from: string, to: string): boolean {
  return importsOf(sources.get(from) ?? "").some(({ specifier }) =>
    specifier?.startsWith(".") && join(dirname(from), specifier) === to
  );
}

for (const name of ["data", "step"]) {
  Deno.test(`the journey "${name}" passes 12 to 15 files, each once, each linked to the next by an import`, () => {
    const files = journey(name);
    assert.ok(files.length >= 12 && files.length <= 15, `${files.length} files`);
    assert.equal(new Set(files).size, files.length, "a file stands twice");
    assert.deepEqual(files.filter((path) => !sources.has(path)), [], "not there");
    for (const [i, to] of files.entries()) {
      const from = files[i - 1];
      assert.ok(!from || imports(from, to) || imports(to, from), `no import links ${from} and ${to}`);
    }
  });
}
