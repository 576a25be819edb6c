import assert from "node:assert/strict";
import { commentBlocks, pageComplaints, privateWords, proseComplaints, proseFiles } from "./prose.ts";
import { readTree } from "./tree.ts";

const complaints = (text: string, path = "src/base/x.ts"): string[] => proseComplaints([{ path, text }]);

Deno.test("comments open with the thing or a verb, and use no private words", () => {
  const found = proseComplaints(proseFiles().filter(({ path }) => !path.startsWith("tests/repo/prose")));
  assert.deepEqual(found, []);
});

Deno.test("pages use no private words outside the glossary", () => {
  const pages = readTree(".", (path) => /\.md$/.test(path))
    .filter(({ path }) => !/^(docs\/(glossary|log)\.md|CHANGELOG\.md|tests\/golden)/.test(path));
  assert.deepEqual(pages.flatMap(pageComplaints), []);
});

Deno.test("an opening that postpones the thing is refused", () => {
  assert.match(complaints("/** What a run tells. */")[0], /src\/base\/x\.ts:1: opens with "What"/);
  assert.match(complaints("x;\n// Whether it fits.")[0], /x\.ts:2: opens with "Whether"/);
  assert.match(complaints("/**\n * How steps are queued.\n */")[0], /opens with "How"/);
  assert.match(
    complaints("// Where rows begin\n// in the buffer", "src/ops/x.wgsl")[0],
    /opens with "Where"/,
  );
});

Deno.test("a plain opening passes, and so does the second line of a comment", () => {
  assert.deepEqual(
    complaints("/** The events of a run. */\n// Returns the row\n// Where it ends: there."),
    [],
  );
  assert.deepEqual(complaints("/** Whatsoever. */ const a = '// What';"), []);
});

Deno.test("a private word is refused with what to write instead", () => {
  for (const [word, instead] of Object.entries(privateWords)) {
    const [complaint] = complaints(`/** The ${word} of a run. */`);
    assert.ok(complaint.endsWith(`"${word}" is a word of ours: write ${instead}`), complaint);
  }
  assert.deepEqual(pageComplaints({ path: "docs/a.md", text: "a `census` and\n```\nlest\n```" }), []);
  assert.match(pageComplaints({ path: "docs/a.md", text: "one\na census" })[0], /docs\/a\.md:2/);
});

Deno.test("line comments that follow each other are one comment", () => {
  assert.deepEqual(commentBlocks("// a\n// b\nx; // c\n/* d */").map(({ text }) => text), ["a\nb", "c", "d"]);
});
