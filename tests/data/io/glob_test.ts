import assert from "node:assert/strict";
import { pathsOf } from "../../../src/data/io/glob.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("a glob gives the paths below its folder, sorted, in the form of the pattern", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a/b`, { recursive: true });
    for (const name of ["2.txt", "1.txt", "a/3.txt", "a/b/4.txt", "a/5.md"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "");
    }
    const found = (pattern: string) =>
      pathsOf(`${folder}/${pattern}`).map((path) => path.slice(folder.length + 1));
    assert.deepEqual(found("*.txt"), ["1.txt", "2.txt"]);
    assert.deepEqual(found("**/*.txt"), ["1.txt", "2.txt", "a/3.txt", "a/b/4.txt"]);
    assert.deepEqual(found("a/*.{md,txt}"), ["a/3.txt", "a/5.md"]);
    assert.deepEqual(found("*/[3-9].*"), ["a/3.txt", "a/5.md"]);
    assert.deepEqual(found("missing/*.txt"), []);
    assert.deepEqual(pathsOf("src/data/io/gl?b.ts"), ["src/data/io/glob.ts"]);
    assert.deepEqual(pathsOf("no such*"), []);
  }));
