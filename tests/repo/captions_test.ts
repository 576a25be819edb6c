import assert from "node:assert/strict";
import { root } from "./tree.ts";
import { captionedFiles, captionOf, captions, withCaptions } from "./captions.ts";

Deno.test("the README's captions are the files' own first sentences (deno run -A tests/repo/captions.ts mends them)", async () => {
  const readme = await Deno.readTextFile(`${root}/README.md`);
  const files = captionedFiles();
  assert.equal(withCaptions(readme, files), readme);
  const bare = [...files].filter(([path, source]) => !path.endsWith("/mod.ts") && !captionOf(source)).map((
    [path],
  ) => path);
  assert.deepEqual(bare, [], "files without a caption");
});

Deno.test("a caption is the first sentence, on one line", () => {
  assert.equal(captionOf("/**\n * One\n * idea. More.\n *\n * @module\n */\nx"), "One idea");
  assert.equal(captionOf("/** Short: and more. @module */"), "Short");
  assert.equal(captionOf("const x = 1;"), undefined);
  assert.match(
    captions(new Map([["src/a/x.ts", "/** Has a caption. */"]])),
    /\*\*src\/a\*\*\n\n- `x.ts`: Has a caption\n/,
  );
  assert.throws(() => withCaptions("no marks", new Map()), /has no/);
});
