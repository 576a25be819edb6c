import assert from "node:assert/strict";
import { root } from "./tree.ts";
import { captionedFiles, captionOf, captionProblem, captions, page } from "./captions.ts";

Deno.test("the list of files holds the files' own first sentences (deno run -A tests/repo/captions.ts writes it)", async () => {
  assert.equal(await Deno.readTextFile(`${root}/${page}`), captions(captionedFiles()));
});

Deno.test("every file has a caption, and none is cut", () => {
  const bad = [...captionedFiles()].filter(([path]) => !path.endsWith("/mod.ts")).flatMap(
    ([path, source]) => {
      const caption = captionOf(source);
      const problem = caption === undefined ? "has no caption" : captionProblem(caption);
      return problem ? [`${path}: ${problem}: ${caption}`] : [];
    },
  );
  assert.deepEqual(bad, []);
});

Deno.test("the README has at most 150 lines", async () => {
  const lines = (await Deno.readTextFile(`${root}/README.md`)).trimEnd().split("\n").length;
  assert.ok(lines <= 150, `${lines} lines`);
});

Deno.test("a caption is the first sentence, on one line", () => {
  assert.equal(captionOf("/**\n * One\n * idea. More.\n *\n * @module\n */\nx"), "One idea.");
  assert.equal(
    captionOf("/** Reads `a.ts` files: all of them. @module */"),
    "Reads `a.ts` files: all of them.",
  );
  assert.equal(captionOf("const x = 1;"), undefined);
  assert.match(
    captions(new Map([["src/a/x.ts", "/** Has a caption. */"]])),
    /## src\/a\n\n- \[`x.ts`\]\(\.\.\/src\/a\/x\.ts\): Has a caption\.\n/,
  );
});

Deno.test("a cut caption is refused", () => {
  assert.equal(captionProblem("Reads files."), undefined);
  assert.match(captionProblem("Reads files")!, /period/);
  assert.match(captionProblem("ARC (Clark et al.")!, /abbreviation/);
  assert.match(captionProblem("ARC (Clark, 2018.")!, /not closed/);
  assert.match(captionProblem("The file `a.")!, /code span/);
});
